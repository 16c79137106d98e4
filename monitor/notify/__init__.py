"""Notifications: people are told of incidents, and sent reports, without any other service."""
