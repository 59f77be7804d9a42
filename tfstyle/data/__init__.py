"""Images to train with."""
