"""A module beside a wrapper, as most of them bring one."""


def paint(data, ending):
    return data.decode("utf-8") + "|" + ending
