"""Telemetry: traces and metrics by OpenTelemetry, sent by OTLP only where that is configured."""
