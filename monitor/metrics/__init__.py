"""What Prometheus sees: the families as data, the state of each page's series, and how they are rendered."""
