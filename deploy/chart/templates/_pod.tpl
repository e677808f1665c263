{{/* What every pod has in common. .root, .component, .command, .part (values of the component), .volumes */}}

{{- define "readstone.podSecurity" -}}
automountServiceAccountToken: false
# Service links would set READSTONE_PORT=tcp://… after a Service of the name "readstone".
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "readstone.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "readstone.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "readstone.databaseVariable" -}}
- name: READSTONE_DATABASE
  valueFrom:
    secretKeyRef: {name: {{ include "readstone.databaseSecret" . }}, key: url}
{{- end }}

{{- define "readstone.pod" -}}
{{- $root := .root }}
metadata:
  labels: {{- include "readstone.labels" . | nindent 4 }}
  annotations:
    # Settings are read at start: a change must start new pods.
    checksum/settings: {{ toYaml $root.Values.settings | sha256sum }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "5000"
    prometheus.io/path: /metrics
spec:
  {{- include "readstone.podSecurity" $root | nindent 2 }}
  terminationGracePeriodSeconds: {{ $root.Values.terminationGraceSeconds }}
  {{- include "readstone.placement" .part | nindent 2 }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "readstone.selector" . | nindent 10 }}
  containers:
    - name: {{ .component }}
      image: {{ include "readstone.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: {{ .command | toJson }}
      ports:
        - {name: http, containerPort: 5000}
      envFrom:
        - configMapRef: {name: {{ include "readstone.name" $root }}-settings}
        {{- with $root.Values.inputs.existingSecret }}
        - secretRef: {name: {{ . }}}
        {{- end }}
      env:
        - {name: READSTONE_HOST, value: "0.0.0.0"}
        - {name: READSTONE_PORT, value: "5000"}
        - {name: READSTONE_DATA_DIR, value: /share}
        - name: READSTONE_WORKERS
          valueFrom:
            resourceFieldRef: {resource: requests.cpu, containerName: {{ .component }}}
        {{- if include "readstone.distributed" $root }}
        {{- include "readstone.databaseVariable" $root | nindent 8 }}
        {{- with $root.Values.inputs.url }}
        - {name: READSTONE_INPUTS, value: {{ . | quote }}}
        {{- end }}
        {{- end }}
        {{- if eq .component "api" }}
        {{- if include "readstone.distributed" $root }}
        - {name: READSTONE_READ_PAGES, value: "false"}
        {{- end }}
        - name: READSTONE_KEYS
          valueFrom:
            secretKeyRef: {name: {{ include "readstone.keysSecret" $root }}, key: keys}
        - name: READSTONE_TOKEN_SECRET
          valueFrom:
            secretKeyRef: {name: {{ include "readstone.tokensSecret" $root }}, key: secret}
        # Until every proxy has learnt that this pod gets no more requests.
        - {name: READSTONE_DRAIN_SECONDS, value: "5"}
        {{- end }}
      # Ten minutes for the first start, when the models are read from a cold disk.
      startupProbe:
        httpGet: {path: /startup, port: http}
        periodSeconds: 5
        failureThreshold: 120
      readinessProbe:
        httpGet: {path: /ready, port: http}
        periodSeconds: 5
        timeoutSeconds: 3
      livenessProbe:
        httpGet: {path: /ContainerLiveness, port: http}
        periodSeconds: 15
        timeoutSeconds: 5
        failureThreshold: 6
      resources: {{- toYaml .part.resources | nindent 8 }}
      securityContext: {{- include "readstone.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        - {name: share, mountPath: /share}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: tmp
      emptyDir: {}
    - name: share
      {{- if include "readstone.distributed" $root }}
      emptyDir: {}
      {{- else }}
      persistentVolumeClaim:
        claimName: {{ $root.Values.persistence.existingClaim | default (printf "%s-data" (include "readstone.name" $root)) }}
      {{- end }}
{{- end }}
