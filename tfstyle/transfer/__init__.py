"""What happens when a style is applied to a picture."""
