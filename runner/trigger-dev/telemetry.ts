import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { TriggerConfig } from '@trigger.dev/sdk';

/**
 * Sends what tasks trace, log and measure to where OpenTelemetry's own variables say, besides to Trigger.dev. Only those for
 * one signal count (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and so on; headers as usual): the one for all signals is
 * Trigger.dev's, which sets it for itself.
 */
export const telemetry = (
  env: Readonly<Record<string, string | undefined>>,
): NonNullable<TriggerConfig['telemetry']> => ({
  ...(named(env, 'TRACES') ? { exporters: [new OTLPTraceExporter()] } : {}),
  ...(named(env, 'LOGS') ? { logExporters: [new OTLPLogExporter()] } : {}),
  ...(named(env, 'METRICS') ? { metricExporters: [new OTLPMetricExporter()] } : {}),
});

const named = (env: Readonly<Record<string, string | undefined>>, signal: string): boolean =>
  (env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] ?? '') !== '';
