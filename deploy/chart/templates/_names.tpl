{{- define "readstone.name" -}}
{{- if contains "readstone" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-readstone" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "readstone.selector" -}}
app.kubernetes.io/name: readstone
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "readstone.labels" -}}
{{ include "readstone.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "readstone.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "readstone.distributed" -}}
{{- if eq .Values.mode "distributed" }}yes{{ end }}
{{- end }}

{{- define "readstone.databaseSecret" -}}
{{- if .Values.database.existingSecret }}{{ .Values.database.existingSecret }}{{ else if .Values.database.url }}{{ include "readstone.name" . }}-database{{ else }}{{ fail "distributed mode needs database.existingSecret or database.url" }}{{ end }}
{{- end }}

{{- define "readstone.keysSecret" -}}
{{- if .Values.keys.existingSecret }}{{ .Values.keys.existingSecret }}{{ else if .Values.keys.list }}{{ include "readstone.name" . }}-keys{{ else }}{{ fail "name the accepted keys: keys.existingSecret or keys.list" }}{{ end }}
{{- end }}

{{- define "readstone.tokensSecret" -}}
{{- .Values.tokens.existingSecret | default (printf "%s-tokens" (include "readstone.name" .)) }}
{{- end }}
