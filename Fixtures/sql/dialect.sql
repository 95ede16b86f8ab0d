/*polar4ai*/CREATE MODEL m WITH (model_class='lightgbm', x_cols='a,b,c', y_cols='y',
  model_parameter=(boosting_type='gbdt', n_estimators=100)) AS (SELECT * FROM db.train);   -- OK
=> CREATE MODEL m WITH (model_class = 'lightgbm', x_cols = 'a,b,c', y_cols = 'y', model_parameter = (boosting_type = 'gbdt', n_estimators = 100)) AS (SELECT * FROM db.train)

/*polar4ai*/SHOW MODEL m;
=> SHOW MODEL m

/*polar4ai*/SHOW MODELS;
=> SHOW MODELS

/*polar4ai*/DESCRIBE MODEL m;
=> DESCRIBE MODEL m

/*polar4ai*/SELECT y FROM EVALUATE(MODEL m, SELECT * FROM db.test)
  WITH (x_cols='a,b,c', y_cols='y', metrics='acc');
=> SELECT y FROM EVALUATE(MODEL m, SELECT * FROM db.test) WITH (x_cols = 'a,b,c', y_cols = 'y', metrics = 'acc')

/*polar4ai*/SHOW TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`;
=> SHOW TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

/*polar4ai*/SELECT y FROM PREDICT(MODEL m, SELECT * FROM db.test LIMIT 10)
  WITH (x_cols='a,b,c');
=> SELECT y FROM PREDICT(MODEL m, SELECT * FROM db.test LIMIT 10) WITH (x_cols = 'a,b,c')

/*polar4ai*/SELECT y FROM PREDICT(MODEL m, SELECT * FROM db.test)
  WITH (x_cols='a,b,c', mode='async');
=> SELECT y FROM PREDICT(MODEL m, SELECT * FROM db.test) WITH (x_cols = 'a,b,c', mode = 'async')

/*polar4ai*/SHOW TASKS;
=> SHOW TASKS

/*polar4ai*/DROP TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`;
=> DROP TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

/*polar4ai*/UPLOAD MODEL u WITH (model_location='https://..', req_location='https://..');
=> UPLOAD MODEL u WITH (model_location = 'https://..', req_location = 'https://..')

/*polar4ai*/DEPLOY MODEL u;
=> DEPLOY MODEL u

/*polar4ai*/DROP MODEL m;
=> DROP MODEL m

/*polar4ai*/SELECT * FROM PREDICT(MODEL _polar4ai_tongyi, SELECT 'a question') WITH ();
=> SELECT * FROM PREDICT(MODEL _polar4ai_tongyi, SELECT 'a question') WITH ()

/*polar4ai*/ SHOW MODEL m
=> SHOW MODEL m

/*polar4ai*/
create model m with (model_class='kmeans',x_cols='a',y_cols='') as (select a from t)
=> CREATE MODEL m WITH (model_class = 'kmeans', x_cols = 'a', y_cols = '') AS (select a from t)

/*Polar for AI*/DROP TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`
=> DROP TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

/* polar4ai */show models
=> SHOW MODELS

/*POLAR4AI*/Show Models
=> SHOW MODELS

/*	polar
4
ai	*/SHOW TASKS
=> SHOW TASKS

-- first
/* a comment */ # another
/*polar4ai*/SHOW MODELS
=> SHOW MODELS

  
	/*polar4ai*/SHOW MODELS
=> SHOW MODELS

/*polar4ai2*/SHOW MODELS
=> SHOW MODELS

/*polar4a*/SHOW MODELS
=> SHOW MODELS

/*polar4ai*/
!> empty

/*polar4ai*/;
!> empty

/*polar4ai*//*x*/SHOW MODELS;;
=> SHOW MODELS

SHOW /*polar4ai*/ TABLES
=> ordinary

SHOW /*polar4ai*/ MODELS
=> SHOW MODELS

/*!40101 SHOW MODELS */
=> SHOW MODELS

/*!99999 x */SHOW MODELS
=> SHOW MODELS

/*M!100100 x */SHOW MODELS
=> SHOW MODELS

/*+ hint */SHOW MODELS
=> SHOW MODELS

SHOW MODELS
=> SHOW MODELS

show models;
=> SHOW MODELS

SHOW MODEL m
=> SHOW MODEL m

SHOW TASKS
=> SHOW TASKS

DROP MODEL m
=> DROP MODEL m

DEPLOY MODEL m
=> DEPLOY MODEL m

UPLOAD MODEL m WITH (model_location='x')
=> UPLOAD MODEL m WITH (model_location = 'x')

CREATE MODEL m WITH (model_class='svr', x_cols='a', y_cols='b') AS (SELECT 1 a, 2 b)
=> CREATE MODEL m WITH (model_class = 'svr', x_cols = 'a', y_cols = 'b') AS (SELECT 1 a, 2 b)

SELECT * FROM PREDICT(MODEL m, SELECT 1 AS a) WITH (x_cols='a')
=> SELECT * FROM PREDICT(MODEL m, SELECT 1 AS a) WITH (x_cols = 'a')

select y from evaluate (model m, select * from t) with (x_cols='a', y_cols='y', metrics='auc')
=> SELECT y FROM EVALUATE(MODEL m, select * from t) WITH (x_cols = 'a', y_cols = 'y', metrics = 'auc')

DESCRIBE MODEL m
=> ambiguous DESCRIBE MODEL m

DESC MODEL m
=> ambiguous DESCRIBE MODEL m

EXPLAIN model m
=> ambiguous EXPLAIN MODEL m

DESC model
=> ordinary

DESCRIBE feature f
=> ambiguous DESCRIBE FEATURE f

UPDATE feature f SET x = 1
=> ambiguous UPDATE FEATURE f WITH (x = 1)

UPDATE feature f SET x = 1 WHERE id = 2
=> ordinary

UPDATE FEATURE f
=> UPDATE FEATURE f

/*polar4ai*/DESCRIBE MODEL m
=> DESCRIBE MODEL m

/*polar4ai*/UPDATE feature f SET x = 1
=> UPDATE FEATURE f WITH (x = 1)

SELECT predict FROM predict
=> ordinary

SELECT * FROM PREDICT
=> ordinary

SELECT PREDICT(1) FROM t
=> ordinary

SELECT model FROM models
=> ordinary

create model M1 with(model_class = 'gbrt' , x_cols = ' a , b ',y_cols='y')AS (SELECT * FROM t);
=> CREATE MODEL M1 WITH (model_class = 'gbrt', x_cols = ' a , b ', y_cols = 'y') AS (SELECT * FROM t)

CREATE MODEL m WITH (model_class='lightgbm',x_cols='a',y_cols='y')AS(SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = 'lightgbm', x_cols = 'a', y_cols = 'y') AS (SELECT * FROM t)

CREATE MODEL m WITH (model_class='lightgbm', x_cols='a', y_cols='y', model_parameter=()) AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = 'lightgbm', x_cols = 'a', y_cols = 'y', model_parameter = ()) AS (SELECT * FROM t)

CREATE MODEL m WITH (model_class='lightgbm', x_cols='a', y_cols='y',) AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = 'lightgbm', x_cols = 'a', y_cols = 'y') AS (SELECT * FROM t)

CREATE MODEL m WITH (model_class='lightgbm', model_parameter=(n_estimators=100,)) AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = 'lightgbm', model_parameter = (n_estimators = 100)) AS (SELECT * FROM t)

CREATE MODEL m WITH (MODEL_CLASS='lightgbm', X_Cols='a') AS (SELECT * FROM t)
=> CREATE MODEL m WITH (MODEL_CLASS = 'lightgbm', X_Cols = 'a') AS (SELECT * FROM t)

CREATE MODEL m WITH (model_class=lightgbm, x_cols=a) AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = lightgbm, x_cols = a) AS (SELECT * FROM t)

CREATE MODEL m WITH (model_class=`lightgbm`, `x_cols`='a') AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = lightgbm, x_cols = 'a') AS (SELECT * FROM t)

CREATE MODEL `my model` WITH (model_class='a') AS (SELECT 1)
=> CREATE MODEL `my model` WITH (model_class = 'a') AS (SELECT 1)

CREATE MODEL `a``b` WITH (x=1) AS (SELECT 1)
=> CREATE MODEL `a``b` WITH (x = 1) AS (SELECT 1)

CREATE MODEL 模型 WITH (x=1) AS (SELECT 1)
=> CREATE MODEL 模型 WITH (x = 1) AS (SELECT 1)

CREATE MODEL a$b_1 WITH (x=1) AS (SELECT 1)
=> CREATE MODEL a$b_1 WITH (x = 1) AS (SELECT 1)

CREATE MODEL rank WITH (x=1) AS (SELECT 1)
=> CREATE MODEL `rank` WITH (x = 1) AS (SELECT 1)

CREATE OR REPLACE MODEL m WITH (x=1) AS (SELECT 1)
=> CREATE OR REPLACE MODEL m WITH (x = 1) AS (SELECT 1)

ALTER MODEL m RETRAIN
=> ALTER MODEL m RETRAIN

/*polar4ai*/alter model `m` retrain;
=> ALTER MODEL m RETRAIN

CREATE MODEL m WITH (a=1, b=-2, c=+3, d=0.5, e=.5, f=1e-3, g=-1.5E+2, h=99999999999999999999, i=007) AS (SELECT 1)
=> CREATE MODEL m WITH (a = 1, b = -2, c = 3, d = 0.5, e = .5, f = 1e-3, g = -1.5E+2, h = 99999999999999999999, i = 7) AS (SELECT 1)

CREATE MODEL m WITH (a=True, b=False, c=None, d=true, e=FALSE, f=NULL, g=none, h=`true`) AS (SELECT 1)
=> CREATE MODEL m WITH (a = True, b = False, c = None, d = True, e = False, f = None, g = None, h = `true`) AS (SELECT 1)

CREATE MODEL m WITH (a='it''s', b="say ""hi""", c='tab\tline\n', d='back\\slash', e='a' 'b', f='') AS (SELECT 1)
=> CREATE MODEL m WITH (a = 'it''s', b = 'say "hi"', c = 'tab	line\n', d = 'back\\slash', e = 'ab', f = '') AS (SELECT 1)

CREATE MODEL m WITH (a=?, b=(c=?)) AS (SELECT * FROM t WHERE x = ? AND y = '?')
=> CREATE MODEL m WITH (a = ?, b = (c = ?)) AS (SELECT * FROM t WHERE x = ? AND y = '?')

CREATE MODEL m WITH (a=(b=(c=(d=1)))) AS (SELECT 1)
=> CREATE MODEL m WITH (a = (b = (c = (d = 1)))) AS (SELECT 1)

CREATE MODEL m WITH (a=1) AS ((SELECT 1) UNION (SELECT 2))
=> CREATE MODEL m WITH (a = 1) AS ((SELECT 1) UNION (SELECT 2))

CREATE MODEL m WITH (a=1) AS (SELECT ')' , ")", `)` /* ) */ FROM t -- )
 WHERE f(x) IN (1, 2))
=> CREATE MODEL m WITH (a = 1) AS (SELECT ')' , ")", `)` /* ) */ FROM t -- )\n WHERE f(x) IN (1, 2))

CREATE MODEL m WITH (a=1) AS (WITH c AS (SELECT 1) SELECT * FROM c)
=> CREATE MODEL m WITH (a = 1) AS (WITH c AS (SELECT 1) SELECT * FROM c)

CREATE MODEL m WITH (a=1) AS (TABLE t)
=> CREATE MODEL m WITH (a = 1) AS (TABLE t)

CREATE MODEL m WITH (a=1) AS ( SELECT *
  FROM t
  WHERE a = 'x\')' )
=> CREATE MODEL m WITH (a = 1) AS (SELECT *\n  FROM t\n  WHERE a = 'x\')')

CREATE MODEL bst WITH (model_class='bst', x_cols='event_list,other_feature1', y_cols='target', model_parameter=(batch_size=128, window_size=900, sequence_length=3000, max_epoch=2, learning_rate=0.0008, val_flag=1, x_seq_cols='event_list', x_value_cols='other_feature1')) AS (SELECT * FROM seqs)
=> CREATE MODEL bst WITH (model_class = 'bst', x_cols = 'event_list,other_feature1', y_cols = 'target', model_parameter = (batch_size = 128, window_size = 900, sequence_length = 3000, max_epoch = 2, learning_rate = 0.0008, val_flag = 1, x_seq_cols = 'event_list', x_value_cols = 'other_feature1')) AS (SELECT * FROM seqs)

CREATE MODEL m WITH (model_class='lightgbm', x_cols='a', y_cols='y', model_parameter=(automl_column='tag', automl_train_tag='train', automl_test_tag='test', automl_learning_rate='0.05,0.04,0.03,0.01', learning_rate=0.01)) AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = 'lightgbm', x_cols = 'a', y_cols = 'y', model_parameter = (automl_column = 'tag', automl_train_tag = 'train', automl_test_tag = 'test', automl_learning_rate = '0.05,0.04,0.03,0.01', learning_rate = 0.01)) AS (SELECT * FROM t)

/*polar4ai*/CREATE MODEL airlines_gbm WITH (model_class='lightgbm', x_cols ='Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length', y_cols='Delay',model_parameter=(boosting_type='gbdt', n_estimators=100, max_depth=8, num_leaves=256)) AS (SELECT * FROM db4ai.airlines_train)
=> CREATE MODEL airlines_gbm WITH (model_class = 'lightgbm', x_cols = 'Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length', y_cols = 'Delay', model_parameter = (boosting_type = 'gbdt', n_estimators = 100, max_depth = 8, num_leaves = 256)) AS (SELECT * FROM db4ai.airlines_train)

UPLOAD MODEL my_model WITH (model_location='https://b.oss.aliyuncs.com/xxxx.pkl?Expires=xxxx&OSSAccessKeyId=xxxx&Signature=xxxx', req_location='https://b.oss.aliyuncs.com/requirements.txt?Expires=xxxx')
=> UPLOAD MODEL my_model WITH (model_location = 'https://b.oss.aliyuncs.com/xxxx.pkl?Expires=xxxx&OSSAccessKeyId=xxxx&Signature=xxxx', req_location = 'https://b.oss.aliyuncs.com/requirements.txt?Expires=xxxx')

upload model m with (model_location='upload:m.onnx', architecture='{"type":"linear","in":3}')
=> UPLOAD MODEL m WITH (model_location = 'upload:m.onnx', architecture = '{"type":"linear","in":3}')

DEPLOY MODEL builtin_polarchat WITH (mode = 'in_db')
=> DEPLOY MODEL builtin_polarchat WITH (mode = 'in_db')

DEPLOY MODEL m WITH ()
=> DEPLOY MODEL m WITH ()

deploy model `a-b` with(mode='in_db',)
=> DEPLOY MODEL `a-b` WITH (mode = 'in_db')

SHOW MODELS LIKE 'air%'
=> SHOW MODELS LIKE 'air%'

SHOW MODELS WHERE model_class = 'lightgbm' AND model_status <> 'failed'
=> SHOW MODELS WHERE (model_class = 'lightgbm') AND (model_status <> 'failed')

SHOW FULL MODELS
=> SHOW FULL MODELS

SHOW TASKS LIKE '%'
=> SHOW TASKS LIKE '%'

SHOW TASKS WHERE task_status='running'
=> SHOW TASKS WHERE task_status = 'running'

SHOW MODEL `a-b`
=> SHOW MODEL `a-b`

SHOW MODEL 'rest model'
=> SHOW MODEL `rest model`

SHOW VERSIONS FOR MODEL m
=> SHOW VERSIONS FOR MODEL m

SHOW VERSIONS FROM MODEL m
=> SHOW VERSIONS FOR MODEL m

show versions in model m
=> SHOW VERSIONS FOR MODEL m

DESC MODEL EXTENDED m
=> DESCRIBE MODEL EXTENDED m

DESCRIBE MODEL extended
=> ambiguous DESCRIBE MODEL extended

DESC MODEL EXTENDED extended
=> DESCRIBE MODEL EXTENDED extended

desc model `m`
=> ambiguous DESCRIBE MODEL m

DROP MODEL IF EXISTS m
=> DROP MODEL IF EXISTS m

drop model `if`
=> DROP MODEL `if`

DROP MODEL 'x y'
=> DROP MODEL `x y`

SHOW TASK df05244e-21f7-11ed-be66-00163e0c1b2d
=> SHOW TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

SHOW TASK DF05244E-21F7-11ED-BE66-00163E0C1B2D;
=> SHOW TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

show task 'df05244e-21f7-11ed-be66-00163e0c1b2d'
=> SHOW TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

DROP TASK "df05244e-21f7-11ed-be66-00163e0c1b2d"
=> DROP TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

DROP TASK df05244e-21f7-11ed-be66-00163e0c1b2d;
=> DROP TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

SHOW TASK ?
=> SHOW TASK ?

DROP TASK 1e5-2
=> DROP TASK `1e5-2`

SHOW TASK abc
=> SHOW TASK `abc`

/*polar4ai*/SHOW TASK   `df05244e-21f7-11ed-be66-00163e0c1b2d`  ;  
=> SHOW TASK `df05244e-21f7-11ed-be66-00163e0c1b2d`

SHOW TASK 00000000-0000-0000-0000-000000000000
=> SHOW TASK `00000000-0000-0000-0000-000000000000`

SHOW TASK 1e000000-0000-1000-8000-00163e0c1b2d -- end
=> SHOW TASK `1e000000-0000-1000-8000-00163e0c1b2d`

/*polar4ai*/SELECT Delay FROM PREDICT(MODEL airlines_gbm, SELECT * FROM db4ai.airlines_test LIMIT 10) WITH (x_cols ='Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length', y_cols='Delay')
=> SELECT Delay FROM PREDICT(MODEL airlines_gbm, SELECT * FROM db4ai.airlines_test LIMIT 10) WITH (x_cols = 'Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length', y_cols = 'Delay')

/*polar4ai*/SELECT Delay FROM EVALUATE(MODEL airlines_gbm, SELECT * FROM db4ai.airlines_test) WITH (x_cols='Airline,Flight', y_cols='Delay', metrics='acc')
=> SELECT Delay FROM EVALUATE(MODEL airlines_gbm, SELECT * FROM db4ai.airlines_test) WITH (x_cols = 'Airline,Flight', y_cols = 'Delay', metrics = 'acc')

SELECT * FROM PREDICT (MODEL m, SELECT 1)WITH();
=> SELECT * FROM PREDICT(MODEL m, SELECT 1) WITH ()

select y from predict(model m,select * from t)with(x_cols='a');
=> SELECT y FROM PREDICT(MODEL m, select * from t) WITH (x_cols = 'a')

SELECT a, b AS c, t.d, a + 1 e, predicted_results FROM PREDICT(MODEL m, SELECT a, b, d FROM t) WITH (x_cols='a')
=> SELECT a, b AS c, t.d, a + 1 AS e, predicted_results FROM PREDICT(MODEL m, SELECT a, b, d FROM t) WITH (x_cols = 'a')

SELECT `a`, 'x' lit, CASE WHEN a > 1 THEN 2 END FROM PREDICT(MODEL m, SELECT a FROM t) WITH (x_cols='a', y_cols='')
=> SELECT a, 'x' AS lit, CASE WHEN a > 1 THEN 2 END FROM PREDICT(MODEL m, SELECT a FROM t) WITH (x_cols = 'a', y_cols = '')

SELECT * FROM PREDICT(MODEL m, (SELECT * FROM t)) WITH (x_cols='a')
=> SELECT * FROM PREDICT(MODEL m, (SELECT * FROM t)) WITH (x_cols = 'a')

SELECT * FROM PREDICT(MODEL m, SELECT * FROM (SELECT 1 a) t WHERE a IN (1)) WITH (x_cols='a')
=> SELECT * FROM PREDICT(MODEL m, SELECT * FROM (SELECT 1 a) t WHERE a IN (1)) WITH (x_cols = 'a')

SELECT ? FROM PREDICT(MODEL m, SELECT * FROM t WHERE a = ?) WITH (x_cols=?)
=> SELECT ? FROM PREDICT(MODEL m, SELECT * FROM t WHERE a = ?) WITH (x_cols = ?)

/*polar4ai*/SELECT user_id, target FROM PREDICT(MODEL m, SELECT * FROM t)
WITH (x_cols='..', s_cols='user_id,target', mode='async', into_type='regular', primary_key='user_id') INTO res_t;
=> SELECT user_id, target FROM PREDICT(MODEL m, SELECT * FROM t) WITH (x_cols = '..', s_cols = 'user_id,target', mode = 'async', into_type = 'regular', primary_key = 'user_id') INTO res_t

/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_text2vec, SELECT '') WITH (mode='async', resource='schema')
  INTO schema_index;
=> SELECT * FROM PREDICT(MODEL _polar4ai_text2vec, SELECT '') WITH (mode = 'async', resource = 'schema') INTO schema_index

/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_nl2sql, SELECT 'question') WITH (basic_index_name='schema_index');
=> SELECT * FROM PREDICT(MODEL _polar4ai_nl2sql, SELECT 'question') WITH (basic_index_name = 'schema_index')

SELECT * FROM PREDICT(MODEL _polar4ai_nl2chart, SELECT a, b FROM t) WITH (usr_query='bars', result_type='IMAGE')
=> SELECT * FROM PREDICT(MODEL _polar4ai_nl2chart, SELECT a, b FROM t) WITH (usr_query = 'bars', result_type = 'IMAGE')

SELECT * FROM PREDICT(MODEL `x y`, SELECT 1) WITH ()
=> SELECT * FROM PREDICT(MODEL `x y`, SELECT 1) WITH ()

SELECT * FROM PREDICT(MODEL 'x y', SELECT 1) WITH ()
=> SELECT * FROM PREDICT(MODEL `x y`, SELECT 1) WITH ()

SELECT * FROM PREDICT(MODEL m, TABLE t) WITH (x_cols='a')
=> SELECT * FROM PREDICT(MODEL m, TABLE t) WITH (x_cols = 'a')

SELECT * FROM PREDICT(MODEL m, VALUES ROW(1), ROW(2)) WITH (x_cols='column_0')
=> SELECT * FROM PREDICT(MODEL m, VALUES ROW(1), ROW(2)) WITH (x_cols = 'column_0')

SELECT * FROM PREDICT(MODEL m, SELECT a -- the last )
FROM t /* ) */) WITH (x_cols='a')
=> SELECT * FROM PREDICT(MODEL m, SELECT a -- the last )\nFROM t) WITH (x_cols = 'a')

SELECT * FROM PREDICT(MODEL m, /*!50000 SELECT 1 */) WITH ()
=> SELECT * FROM PREDICT(MODEL m, /*!50000 SELECT 1 */) WITH ()

CREATE FEATURE f WITH (feature_class='', parameters=()) AS (SELECT 1)
=> CREATE FEATURE f WITH (feature_class = '', parameters = ()) AS (SELECT 1)

CREATE FEATURE f WITH (feature_class='', parameters=()) USING FEATURE g
=> CREATE FEATURE f WITH (feature_class = '', parameters = ()) USING FEATURE g

CREATE FEATURE iv_001 WITH (feature_class='iv', x_cols='a,b', y_cols='Delay', parameters=(categorical_feature='a')) AS (SELECT * FROM t)
=> CREATE FEATURE iv_001 WITH (feature_class = 'iv', x_cols = 'a,b', y_cols = 'Delay', parameters = (categorical_feature = 'a')) AS (SELECT * FROM t)

CREATE FEATURE pearson_001 WITH (feature_class='pearson', x_cols='a,b', parameters=(null_strategy='mean', categorical_feature='a')) AS (SELECT * FROM t)
=> CREATE FEATURE pearson_001 WITH (feature_class = 'pearson', x_cols = 'a,b', parameters = (null_strategy = 'mean', categorical_feature = 'a')) AS (SELECT * FROM t)

CREATE FEATURE psi_001 WITH (feature_class='psi', x_cols='a', parameters=(actual_table='a', predict_table='e', bins_num=10, bins_method='quantile', categorical_feature='b'))
=> CREATE FEATURE psi_001 WITH (feature_class = 'psi', x_cols = 'a', parameters = (actual_table = 'a', predict_table = 'e', bins_num = 10, bins_method = 'quantile', categorical_feature = 'b'))

/*polar4ai*/CREATE FEATURE test_graph_1 WITH (feature_class='graph') AS (SELECT ip, user_id FROM small_sample limit 30)
=> CREATE FEATURE test_graph_1 WITH (feature_class = 'graph') AS (SELECT ip, user_id FROM small_sample limit 30)

SHOW FEATURES
=> SHOW FEATURES

SHOW FEATURES LIKE 'iv%'
=> SHOW FEATURES LIKE 'iv%'

SHOW FEATURE f
=> SHOW FEATURE f

DESCRIBE FEATURE f
=> ambiguous DESCRIBE FEATURE f

DROP FEATURE f
=> DROP FEATURE f

DROP FEATURE IF EXISTS f
=> DROP FEATURE IF EXISTS f

UPDATE FEATURE f WITH (bins_num=20)
=> UPDATE FEATURE f WITH (bins_num = 20)

UPDATE FEATURE f AS (SELECT 1)
=> UPDATE FEATURE f AS (SELECT 1)

UPDATE FEATURE f USING FEATURE g
=> UPDATE FEATURE f USING FEATURE g

/*polar4ai*/UPDATE FEATURE f SET bins_num = 5, bins_method = 'step'
=> UPDATE FEATURE f WITH (bins_num = 5, bins_method = 'step')

/*polar4ai*/SHOW TABLES
=> ordinary

/*polar4ai*/SELECT COUNT(*) FROM schema_index;
=> ordinary

/*polar4ai*/DROP TABLE schema_index
=> ordinary

/*polar4ai*/CREATE TABLE schema_index(id integer, table_name varchar, table_comment text_ik_max_word,
  table_ddl text_ik_max_word, column_names text_ik_max_word, vecs vector_768, ext text_ik_max_word, PRIMARY KEY (id));
=> ordinary

/*polar4ai*/SELECT 1
=> ordinary

/*polar4ai*/INSERT INTO t VALUES (1)
=> ordinary

CREATE MODEL
!> near '' at line 1

CREATE MODEL m
!> near '' at line 1

CREATE MODEL m AS (SELECT 1)
!> near 'AS (SELECT 1)' at line 1

CREATE MODEL m WITH () AS (SELECT 1)
!> near ') AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a) AS (SELECT 1)
!> near ') AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a=) AS (SELECT 1)
!> near ') AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a=1 b=2) AS (SELECT 1)
!> near 'b=2) AS (SELECT 1)' at line 1

CREATE MODEL m WITH (,a=1) AS (SELECT 1)
!> near ',a=1) AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a=1,,b=2) AS (SELECT 1)
!> near ',b=2) AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a=1)
!> near '' at line 1

CREATE MODEL m WITH (a=1) AS
!> near '' at line 1

CREATE MODEL m WITH (a=1) AS SELECT 1
!> near 'SELECT 1' at line 1

CREATE MODEL m WITH (a=1) AS ()
!> near ')' at line 1

CREATE MODEL m WITH (a=1) AS (t)
!> near 't)' at line 1

CREATE MODEL m WITH (a=1) AS (SELECT 1
!> near '' at line 1

CREATE MODEL m WITH (a=1) AS (SELECT (1)
!> near '' at line 1

CREATE MODEL m WITH (a=1) AS (SELECT 1))
!> near ')' at line 1

CREATE MODEL m WITH (a=1) AS (SELECT ';'; SELECT 2)
!> near '; SELECT 2)' at line 1

CREATE MODEL m WITH (a='x) AS (SELECT 1)
!> near ''x) AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a=-) AS (SELECT 1)
!> near ') AS (SELECT 1)' at line 1

CREATE MODEL m WITH (a=-x) AS (SELECT 1)
!> near 'x) AS (SELECT 1)' at line 1

CREATE MODEL 'm' WITH (a=1) AS (SELECT 1)
!> near ''m' WITH (a=1) AS (SELECT 1)' at line 1

CREATE MODEL `` WITH (a=1) AS (SELECT 1)
!> near '`` WITH (a=1) AS (SELECT 1)' at line 1

CREATE MODEL a-b WITH (a=1) AS (SELECT 1)
!> near '-b WITH (a=1) AS (SELECT 1)' at line 1

CREATE MODEL d.m WITH (a=1) AS (SELECT 1)
!> near '.m WITH (a=1) AS (SELECT 1)' at line 1

/*polar4ai*/
CREATE MODEL m
WITH (model_class='x'
x_cols='y') AS (SELECT 1)
!> near 'x_cols='y') AS (SELECT 1)' at line 4

UPLOAD m
!> near 'm' at line 1

UPLOAD MODEL m
!> near '' at line 1

UPLOAD MODEL m WITH ()
!> near ')' at line 1

DEPLOY
!> near '' at line 1

DEPLOY MODEL
!> near '' at line 1

DEPLOY MODEL m WITH
!> near '' at line 1

SHOW MODEL
!> near '' at line 1

SHOW MODEL m n
!> near 'n' at line 1

SHOW MODELS m
!> near 'm' at line 1

SHOW VERSIONS
!> near '' at line 1

SHOW VERSIONS MODEL m
!> near 'MODEL m' at line 1

DROP MODEL
!> near '' at line 1

DROP MODEL IF m
!> near 'm' at line 1

DROP MODEL IF EXISTS
!> near '' at line 1

SHOW TASK
!> near '' at line 1

SHOW TASK ``
!> near '``' at line 1

SHOW TASK df05244e-21f7-11ed-be66-00163e0c1b2d x
!> near 'x' at line 1

DROP TASK ,
!> near ',' at line 1

ALTER MODEL m
!> near '' at line 1

ALTER MODEL m ADD VERSION
!> near '' at line 1

SELECT FROM PREDICT(MODEL m, SELECT 1) WITH ()
!> near 'FROM PREDICT(MODEL m, SELECT 1) WITH ()' at line 1

SELECT * FROM PREDICT(MODEL m SELECT 1) WITH ()
!> near 'SELECT 1) WITH ()' at line 1

SELECT * FROM PREDICT(MODEL m, t) WITH ()
!> near 't) WITH ()' at line 1

SELECT * FROM PREDICT(MODEL m, SELECT 1)
!> near '' at line 1

SELECT * FROM PREDICT(MODEL m, SELECT 1 WITH ()
!> near '' at line 1

SELECT * FROM PREDICT(MODEL , SELECT 1) WITH ()
!> near ', SELECT 1) WITH ()' at line 1

SELECT * FROM PREDICT(MODEL m, SELECT 1) WITH () INTO
!> near '' at line 1

SELECT * FROM EVALUATE(MODEL m, SELECT 1) WITH () INTO t
!> near 'INTO t' at line 1

SELECT * FROM PREDICT(MODEL m, SELECT 1) WITH () WHERE a = 1
!> near 'WHERE a = 1' at line 1

SELECT a FROM t, PREDICT(MODEL m, SELECT 1) WITH ()
!> near 'm, SELECT 1) WITH ()' at line 1

DESCRIBE MODEL m n
!> near 'n' at line 1

DESC MODEL EXTENDED m n
!> near 'n' at line 1

CREATE FEATURE f
!> near '' at line 1

CREATE FEATURE f WITH (a=1) USING g
!> near 'g' at line 1

CREATE FEATURE f WITH (a=1) AS t
!> near 't' at line 1

DROP FEATURE
!> near '' at line 1

/*polar4ai*/FROBNICATE MODEL m
!> near 'FROBNICATE MODEL m' at line 1

/*polar4ai*/SELECT
!> near '' at line 1

/* unterminated
!> near '/* unterminated' at line 1

SHOW MODELS LIKE
!> near '' at line 1

SHOW MODELS WHERE
!> near '' at line 1

explain select a from predict(model m, select 1 as a) with (x_cols='a')
=> EXPLAIN SELECT a FROM PREDICT(MODEL m, select 1 as a) WITH (x_cols = 'a')

/*polar4ai*/DESC SELECT * FROM PREDICT(MODEL m, SELECT 1 AS a) WITH (x_cols='a', mode='async')
=> EXPLAIN SELECT * FROM PREDICT(MODEL m, SELECT 1 AS a) WITH (x_cols = 'a', mode = 'async')

EXPLAIN SELECT 1
=> ordinary

SHOW CATEGORIES FOR MODEL m, `a b`
=> SHOW CATEGORIES FOR MODEL m, `a b`

show categories in model 'x-y', c LIKE 'A%'
=> SHOW CATEGORIES FOR MODEL `x-y`, c LIKE 'A%'

SHOW CATEGORIES FOR MODEL m
!> near '' at line 1

VERIFY MODEL m;
=> VERIFY MODEL m

VERIFY m
!> near 'VERIFY m' at line 1

EXPLAIN MODEL EXTENDED m
=> DESCRIBE MODEL EXTENDED m

EXPLAIN MODEL m USING (SELECT * FROM t)
=> EXPLAIN MODEL m USING (SELECT * FROM t)

explain model 'x-y' using (select a from t limit 5) with (x_cols='a')
=> EXPLAIN MODEL `x-y` USING (select a from t limit 5) WITH (x_cols = 'a')

EXPLAIN MODEL m USING SELECT 1
!> near 'SELECT 1' at line 1

SELECT * FROM EXPLAIN(MODEL m, SELECT 1 AS a) WITH (x_cols='a')
=> SELECT * FROM EXPLAIN(MODEL m, SELECT 1 AS a) WITH (x_cols = 'a')

select id from explain (model m, select id, a from t) with (x_cols='a', mode='async')
=> SELECT id FROM EXPLAIN(MODEL m, select id, a from t) WITH (x_cols = 'a', mode = 'async')

SELECT * FROM EXPLAIN(MODEL m)
!> near ')' at line 1

SELECT * FROM EXPLAIN
!> near 'EXPLAIN' at line 1

CREATE MODEL m WITH (model_class='lightgbm', x_cols='a', y_cols='y', valid = ( SELECT a, (y + ?) AS y FROM t WHERE s = ')' ), valid_fraction=.2) AS (SELECT * FROM t)
=> CREATE MODEL m WITH (model_class = 'lightgbm', x_cols = 'a', y_cols = 'y', valid = (SELECT a, (y + ?) AS y FROM t WHERE s = ')'), valid_fraction = .2) AS (SELECT * FROM t)

CREATE MODEL m WITH (valid=(WITH c AS (SELECT 1 AS a) SELECT a FROM c), p=(select=1, with=2)) AS (SELECT 1)
=> CREATE MODEL m WITH (valid = (WITH c AS (SELECT 1 AS a) SELECT a FROM c), p = (`select` = 1, `with` = 2)) AS (SELECT 1)

EXPORT MODEL m TO 'm.onnx'
=> EXPORT MODEL m TO 'm.onnx'

/*polar4ai*/export model `a b` to 'x' format 'sql';
=> EXPORT MODEL `a b` TO 'x' FORMAT 'sql'

EXPORT MODEL m FORMAT 'sql'
!> near 'FORMAT 'sql'' at line 1

EXPORT MODEL m TO file
!> near 'file' at line 1

ALTER MODEL m SET DEFAULT_VERSION=v2
=> ALTER MODEL m SET DEFAULT_VERSION = v2

/*polar4ai*/alter model `a b` set default_version 'V 2';
=> ALTER MODEL `a b` SET DEFAULT_VERSION = `V 2`

ALTER MODEL m SET DEFAULT_VERSION = ?
=> ALTER MODEL m SET DEFAULT_VERSION = ?

ALTER MODEL m DROP VERSION v1
=> ALTER MODEL m DROP VERSION v1

ALTER MODEL m DROP v1
!> near 'v1' at line 1

ALTER MODEL m SET COMMENT='it''s new'
=> ALTER MODEL m SET COMMENT = 'it''s new'

ALTER MODEL m VERSION v2 SET COMMENT ?
=> ALTER MODEL m VERSION v2 SET COMMENT = ?

ALTER MODEL m SET COMMENT = new
!> near 'new' at line 1

ALTER MODEL m VERSION v2 RETRAIN
!> near 'RETRAIN' at line 1

ALTER MODEL m SET VERSION v2
!> near 'VERSION v2' at line 1

SHOW MODEL m VERSION v2
=> SHOW MODEL m VERSION v2

SHOW MODEL m VERSION
!> near '' at line 1

DESC MODEL EXTENDED m VERSION 'v2'
=> DESCRIBE MODEL EXTENDED m VERSION v2

DEPLOY MODEL m VERSION v2 WITH (mode='')
=> DEPLOY MODEL m VERSION v2 WITH (mode = '')

VERIFY MODEL m VERSION v1
=> VERIFY MODEL m VERSION v1

EXPORT MODEL m VERSION v1 TO 'm.onnx'
=> EXPORT MODEL m VERSION v1 TO 'm.onnx'

SHOW CATEGORIES FOR MODEL m VERSION v1, a LIKE 'x%'
=> SHOW CATEGORIES FOR MODEL m VERSION v1, a LIKE 'x%'

EXPLAIN MODEL m VERSION v2 USING (SELECT * FROM t) WITH (x_cols='a')
=> EXPLAIN MODEL m VERSION v2 USING (SELECT * FROM t) WITH (x_cols = 'a')

SELECT * FROM PREDICT(MODEL m VERSION v2, SELECT * FROM t) WITH (x_cols='a')
=> SELECT * FROM PREDICT(MODEL m VERSION v2, SELECT * FROM t) WITH (x_cols = 'a')

EXPLAIN SELECT * FROM PREDICT(MODEL m VERSION ?, SELECT * FROM t WHERE b=?) WITH (x_cols='a')
=> EXPLAIN SELECT * FROM PREDICT(MODEL m VERSION ?, SELECT * FROM t WHERE b=?) WITH (x_cols = 'a')

SELECT y FROM EVALUATE(MODEL m VERSION 'v2', SELECT * FROM t) WITH (x_cols='a', y_cols='y', metrics='acc')
=> SELECT y FROM EVALUATE(MODEL m VERSION v2, SELECT * FROM t) WITH (x_cols = 'a', y_cols = 'y', metrics = 'acc')

SELECT id FROM EXPLAIN(MODEL m VERSION v1, SELECT * FROM t) WITH (x_cols='a')
=> SELECT id FROM EXPLAIN(MODEL m VERSION v1, SELECT * FROM t) WITH (x_cols = 'a')

SELECT * FROM PREDICT(MODEL m VERSION 2, SELECT 1) WITH (x_cols='a')
!> near '2, SELECT 1) WITH (x_cols='a')' at line 1

DIFF MODEL m VERSION v1, v2 ON (SELECT * FROM t)
=> DIFF MODEL m VERSION v1, v2 ON (SELECT * FROM t)

/*polar4ai*/diff model m version ?, `v2` on (select a, ')' from t where b = ?) with (y_cols='y', metrics='auc');
=> DIFF MODEL m VERSION ?, v2 ON (select a, ')' from t where b = ?) WITH (y_cols = 'y', metrics = 'auc')

DIFF MODEL m VERSION v1 ON (SELECT 1)
!> near 'ON (SELECT 1)' at line 1

DIFF TABLE t
!> near 'DIFF TABLE t' at line 1

SELECT diff, default_version FROM diff
=> ordinary

SELECT * FROM IV(SELECT * FROM t) WITH (x_cols='a', y_cols='y')
=> SELECT * FROM IV(SELECT * FROM t) WITH (x_cols = 'a', y_cols = 'y')

/*polar4ai*/select feature, iv AS value from iv ( (SELECT a, y FROM t WHERE b IN (1, 2)) ) with(x_cols='a', y_cols='y', detail='bins')
=> SELECT feature, iv AS value FROM IV((SELECT a, y FROM t WHERE b IN (1, 2))) WITH (x_cols = 'a', y_cols = 'y', detail = 'bins')

SELECT * FROM PSI(SELECT a, b FROM t, SELECT b, a FROM u) WITH (x_cols='a,b')
=> SELECT * FROM PSI(SELECT a, b FROM t, SELECT b, a FROM u) WITH (x_cols = 'a,b')

SELECT * FROM KS((SELECT a FROM t), (SELECT a FROM u)) WITH (x_cols='a')
=> SELECT * FROM KS((SELECT a FROM t), (SELECT a FROM u)) WITH (x_cols = 'a')

SELECT * FROM KS(SELECT a, (SELECT 1) FROM t, WITH c AS (SELECT a FROM u) SELECT a FROM c) WITH (x_cols='a')
=> SELECT * FROM KS(SELECT a, (SELECT 1) FROM t, WITH c AS (SELECT a FROM u) SELECT a FROM c) WITH (x_cols = 'a')

SELECT * FROM PEARSON(WITH c AS (SELECT 1 AS a) SELECT * FROM c) WITH (x_cols='a')
=> SELECT * FROM PEARSON(WITH c AS (SELECT 1 AS a) SELECT * FROM c) WITH (x_cols = 'a')

SELECT spearman FROM SPEARMAN(SELECT ? AS a) WITH (x_cols='a')
=> SELECT spearman FROM SPEARMAN(SELECT ? AS a) WITH (x_cols = 'a')

SELECT * FROM DRIFT(MODEL m, SELECT * FROM t)
=> SELECT * FROM DRIFT(MODEL m, SELECT * FROM t)

SELECT psi FROM DRIFT(MODEL `m`, SELECT * FROM t) WITH (bins_num=5)
=> SELECT psi FROM DRIFT(MODEL m, SELECT * FROM t) WITH (bins_num = 5)

SELECT iv, psi, ks, drift, pearson, spearman FROM iv
=> ordinary

SELECT iv.psi FROM iv JOIN ks ON iv.a = ks.a, drift
=> ordinary

SELECT * FROM PSI(SELECT 1) WITH (x_cols='a')
!> near ') WITH (x_cols='a')' at line 1

SELECT * FROM IV(SELECT 1, SELECT 2) WITH (x_cols='a')
=> SELECT * FROM IV(SELECT 1, SELECT 2) WITH (x_cols = 'a')

SELECT * FROM DRIFT(SELECT 1)
=> ordinary

SELECT * FROM IV(t)
=> ordinary

SELECT * FROM DRIFT(MODEL m VERSION v2, SELECT * FROM t) WITH ()
=> SELECT * FROM DRIFT(MODEL m VERSION v2, SELECT * FROM t) WITH ()

CREATE MODEL IF NOT EXISTS Qwen WITH VERSION V1 INPUT (prompt STRING, n int, x double precision, d varchar(20), b longblob) OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='chat') COMMENT "a model";
=> CREATE MODEL IF NOT EXISTS Qwen WITH VERSION V1 INPUT (prompt STRING, n BIGINT, x DOUBLE, d STRING, b BINARY) WITH OPTIONS (MODEL_SOURCE_TYPE = 'REMOTE', MODEL_TYPE = 'LLM', TASKS = 'chat') COMMENT 'a model'

/*polar4ai*/create model m with version v01 options (model_source_type = 'IMPORT', location = 'oss://e/b/d/',);
=> CREATE MODEL m WITH VERSION v01 WITH OPTIONS (model_source_type = 'IMPORT', location = 'oss://e/b/d/')

CREATE MODEL m WITH VERSION 'v 1' WITH OPTIONS ()
=> CREATE MODEL m WITH VERSION `v 1` WITH OPTIONS ()

CREATE MODEL m WITH VERSION ? INPUT (数量 bigint(20) unsigned, y decimal(10,2)) OPTIONS (APIKEY=?) COMMENT ?
=> CREATE MODEL m WITH VERSION ? INPUT (数量 BIGINT, y DOUBLE) WITH OPTIONS (APIKEY = ?) COMMENT ?

CREATE MODEL m WITH VERSION v1 INPUT () OPTIONS (a='b')
!> near ') OPTIONS (a='b')' at line 1

CREATE MODEL m WITH VERSION v1 INPUT (a date) OPTIONS (a='b')
!> near 'date) OPTIONS (a='b')' at line 1

CREATE MODEL m WITH VERSION v1 INPUT (a int)
!> near '' at line 1

CREATE MODEL m WITH VERSION v1 AS (SELECT 1)
!> near 'AS (SELECT 1)' at line 1

CREATE MODEL IF NOT EXISTS m WITH (model_class='lightgbm') AS (SELECT 1)
!> near '(model_class='lightgbm') AS (SELECT 1)' at line 1

CREATE OR REPLACE MODEL m WITH VERSION v1 OPTIONS (a='b')
!> near 'VERSION v1 OPTIONS (a='b')' at line 1

CREATE MODEL if WITH VERSION v1 OPTIONS (a='b')
!> near 'WITH VERSION v1 OPTIONS (a='b')' at line 1

CREATE MODEL input WITH VERSION options OPTIONS (input='b')
=> CREATE MODEL input WITH VERSION options WITH OPTIONS (input = 'b')

ALTER MODEL m ADD VERSION v2 INPUT (a STRING) WITH OPTIONS () COMMENT = 'second'
=> ALTER MODEL m ADD VERSION v2 INPUT (a STRING) WITH OPTIONS () COMMENT 'second'

ALTER MODEL m ADD VERSION v2 OPTIONS (MODEL_TYPE="LLM")
=> ALTER MODEL m ADD VERSION v2 WITH OPTIONS (MODEL_TYPE = 'LLM')

ALTER MODEL m ADD v2 OPTIONS ()
!> near 'v2 OPTIONS ()' at line 1

ALTER MODEL m ADD VERSION v2 COMMENT 'x'
!> near 'COMMENT 'x'' at line 1

SELECT input, options FROM input
=> ordinary
