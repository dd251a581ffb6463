"""Proxies: a formula or a coded metric with a direction, loaded by name and scored exactly."""

from lpzero.proxy.proxy import USUAL, Proxy, load_proxy, proxy_names

__all__ = ["USUAL", "Proxy", "load_proxy", "proxy_names"]
