"""No packet of a worker leaves for where it may not, seen on every interface of the lab."""
