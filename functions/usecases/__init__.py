"""Steps that two entry points share or that span two stores."""
