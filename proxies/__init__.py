"""Zero-cost proxies as data, one JSON file each; installed as ``lpzero.proxies``."""
