"""Dashboards as code: the panels of `twilytics.panels` as Grafana's JSON, the alerts as its rules, and what provisions them."""
