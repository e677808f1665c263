-- Limits of calls and what keys have used, shared by all processes. See readstone.access.

-- One sliding window: the calls of one key that count towards its limit for so many seconds. A call stands in the
-- slot of its time, a 128th of the window wide; lasts: the latest call of each slot, oldest first; calls: how many.
CREATE TABLE call_window (
    owner text NOT NULL,
    seconds integer NOT NULL,
    lasts double precision[] NOT NULL,
    calls integer[] NOT NULL,
    PRIMARY KEY (owner, seconds)
) WITH (fillfactor = 30);

-- 0 when there is room in all windows, and the call is counted in each; else the seconds until there will be.
-- _seconds ascends: whoever locks the same windows locks them in the same order.
CREATE FUNCTION admit_call(_owner text, _calls integer[], _seconds integer[], _moment double precision)
RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    _now double precision;
    _wait double precision;
    _found integer;
BEGIN
    -- A count is not worth a wait for the disk: a crash of the database forgets less than a second of them.
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM FROM call_window w WHERE w.owner = _owner AND w.seconds = ANY (_seconds) ORDER BY w.seconds FOR UPDATE;
    GET DIAGNOSTICS _found = ROW_COUNT;
    IF _found < cardinality(_seconds) THEN
        INSERT INTO call_window SELECT _owner, s, '{}', '{}' FROM unnest(_seconds) s ORDER BY s ON CONFLICT DO NOTHING;
        PERFORM FROM call_window w WHERE w.owner = _owner AND w.seconds = ANY (_seconds)
        ORDER BY w.seconds FOR UPDATE;
    END IF;
    -- Only now: whoever waited for the lock comes after the one who had it. What lies ahead was counted before the
    -- clock was set back, and is forgotten.
    _now := coalesce(_moment, extract(epoch FROM clock_timestamp()));
    SELECT max(s.last + rate.seconds) - _now INTO _wait
    FROM unnest(_calls, _seconds) AS rate (calls, seconds)
    JOIN call_window w ON w.owner = _owner AND w.seconds = rate.seconds
    CROSS JOIN LATERAL (
        SELECT min(c.last) AS last FROM (
            SELECT l.last, sum(l.calls) OVER (ORDER BY l.last) AS until_then, sum(l.calls) OVER () AS used
            FROM unnest(w.lasts, w.calls) AS l (last, calls) WHERE l.last > _now - rate.seconds AND l.last <= _now
        ) c WHERE c.used >= rate.calls AND c.until_then > c.used - rate.calls
    ) s;
    IF _wait IS NOT NULL THEN
        RETURN _wait;
    END IF;
    UPDATE call_window w SET (lasts, calls) = (
        SELECT array_agg(slot.last ORDER BY slot.last), array_agg(slot.calls ORDER BY slot.last) FROM (
            SELECT max(c.last) AS last, sum(c.calls)::integer AS calls FROM (
                SELECT l.last, l.calls FROM unnest(w.lasts, w.calls) AS l (last, calls)
                WHERE l.last > _now - w.seconds AND l.last <= _now
                UNION ALL SELECT _now, 1
            ) c GROUP BY floor(c.last * 128 / w.seconds)
        ) slot
    ) WHERE w.owner = _owner AND w.seconds = ANY (_seconds);
    RETURN 0;
END $$;

-- What a key did on a day (UTC): calls to an operation of a version, pages they were about, calls turned away.
CREATE TABLE key_usage (
    day date NOT NULL,
    owner text NOT NULL,
    version text NOT NULL,
    operation text NOT NULL,
    name text NOT NULL,
    calls bigint NOT NULL,
    pages bigint NOT NULL,
    refused bigint NOT NULL,
    PRIMARY KEY (day, owner, version, operation)
) WITH (fillfactor = 70);
