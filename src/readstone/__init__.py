"""Readstone: a self-hosted server that speaks the Azure Computer Vision REST API."""

__version__ = "0.1.0"
