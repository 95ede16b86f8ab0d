CREATE DATABASE IF NOT EXISTS db4ai;
USE db4ai;
DROP TABLE IF EXISTS airlines_train;
DROP TABLE IF EXISTS airlines_test;
CREATE TABLE airlines_train (
  Airline VARCHAR(8), Flight INT, AirportFrom VARCHAR(8), AirportTo VARCHAR(8),
  DayOfWeek INT, `Time` INT, Length INT, Delay INT
);
CREATE TABLE airlines_test LIKE airlines_train;
LOAD DATA LOCAL INFILE '@TRAIN@' INTO TABLE airlines_train
  FIELDS TERMINATED BY ',' IGNORE 1 LINES;
LOAD DATA LOCAL INFILE '@TEST@' INTO TABLE airlines_test
  FIELDS TERMINATED BY ',' IGNORE 1 LINES;
SELECT COUNT(*) AS train_rows FROM airlines_train;
SELECT COUNT(*) AS test_rows FROM airlines_test;
/*polar4ai*/CREATE MODEL airlines_gbm WITH (
  model_class='lightgbm',
  x_cols='Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length',
  y_cols='Delay',
  model_parameter=(boosting_type='gbdt', n_estimators=40, max_depth=8, num_leaves=256)
) AS (SELECT * FROM db4ai.airlines_train);
