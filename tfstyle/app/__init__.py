"""The page of `tfstyle app`: `Studio` does what it asks for, `page` shows it, `guard` keeps strangers out."""
