"""Pictures that explain."""
