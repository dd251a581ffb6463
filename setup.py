"""The list of packages, which setup.cfg cannot express: what is found, and a folder under another name."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["lpzero", "lpzero.*"]), "lpzero.proxies"],
    package_dir={"lpzero.proxies": "proxies"},
)
