"""The commands of `tfstyle`, one a file: a function that adds its flags, and a function that runs it."""
