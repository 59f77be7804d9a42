"""SavedModels out of the trained networks and in again, one family a file: what writes them beside what reads them."""
