"""Networks whose features tell images apart as an eye does, for losses that are measured in them."""
