"""The model classes beside the libraries that people would otherwise use: one module a class.

Such a module has a list `CASES` of `case.Case`: a table, the parameters of Boreal, and a function
that makes the library's counterpart.
"""
import importlib

MODULES = ["linearreg", "logisticreg", "kmeans", "machines", "forest", "deepfm", "bst"]


def all_cases():
    """Every case of every class, in order."""
    return [case for name in MODULES for case in importlib.import_module("classes." + name).CASES]


def named(name):
    return next(case for case in all_cases() if case.name == name)
