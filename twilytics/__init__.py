"""Twilytics: an open trend observatory."""
