"""What landwatch serves: metrics, whether it is alive and ready, and a status page."""
