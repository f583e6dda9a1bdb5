"""digest: reads Daily Papers every day and sends each subscriber a ranked, honest digest."""

__version__ = "0.1.0"
