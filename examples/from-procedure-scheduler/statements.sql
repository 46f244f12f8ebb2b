-- The same without a procedure: all of it counts, or nothing.
CREATE TABLE IF NOT EXISTS working_hours (first_day TEXT, last_day TEXT, PRIMARY KEY (first_day, last_day));
INSERT INTO working_hours VALUES (:start, :end) ON CONFLICT DO NOTHING;
SELECT count(*) AS days FROM working_hours;
