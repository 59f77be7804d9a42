"""The commands of `tfstyle`, one per file: a function that adds the flags, and a function that runs the command."""
