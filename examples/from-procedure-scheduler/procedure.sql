-- What `jobrunner run install` puts into the database, in place of a session of psql.
CREATE TABLE IF NOT EXISTS working_hours (
    first_day date NOT NULL,
    last_day date NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (first_day, last_day)
);

CREATE OR REPLACE PROCEDURE refresh_working_hours(first_day date, last_day date)
LANGUAGE plpgsql AS $$
BEGIN
    IF last_day < first_day THEN
        RAISE EXCEPTION 'the days are the wrong way round: % to %', first_day, last_day;
    END IF;
    RAISE NOTICE 'working hours of % to %', first_day, last_day;
    -- Twice is as good as once: what is there is done again.
    INSERT INTO working_hours AS known (first_day, last_day) VALUES (first_day, last_day)
    ON CONFLICT ON CONSTRAINT working_hours_pkey DO UPDATE SET done_at = now();
END
$$;
