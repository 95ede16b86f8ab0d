#!/usr/bin/env python3
"""What the vendor's open MCP server for this dialect sends, in its forms and its order, through
mysql-connector-python: every statement on a connection of its own. Tables and models are listed,
an index is made and asked, rows are charted, documents are imported and searched, a model of each
class is created.

Exit codes: 0 everything as expected, 1 something was not, 77 the connector is not installed.
"""
import argparse
import re
import sys
import time

try:
    from mysql.connector import Error, connect
except ImportError:
    print("mysql-connector-python is not installed", file=sys.stderr)
    sys.exit(77)

DATABASE = "agents"
CLASSES = ["lightgbm", "deepfm", "kmeans", "randomforestreg", "gbrt", "gbdt", "linearreg", "svr"]
# What class bst cannot do without, which the agent's own form of the statement leaves out.
SEQUENCES = ("model_parameter = (window_size = 9, sequence_length = 4, auto_heads = 0, "
             "x_seq_cols = 'visits', x_value_cols = 'amount')")
INDEX_COLUMNS = (
    "id integer, table_name varchar, table_comment text_ik_max_word, table_ddl text_ik_max_word, "
    "column_names text_ik_max_word, column_comments text_ik_max_word, "
    "sample_values text_ik_max_word, vecs vector_768, ext text_ik_max_word, PRIMARY KEY (id)")
PATTERN_COLUMNS = (
    "id integer, pattern_question text_ik_max_word, pattern_description text_ik_max_word, "
    "pattern_sql text_ik_max_word, pattern_params text_ik_max_word, "
    "pattern_tables text_ik_max_word, vecs vector_768, PRIMARY key (id)")
VECTOR = re.compile(r"^[\[\]\d.,eE+\-\s]+$")
failures = []


def check(what, is_right, found):
    if not is_right:
        failures.append(what)
        print(f"{what}: {found!r}"[:600], file=sys.stderr)


class Agent:
    def __init__(self, options):
        self.config = {"host": options.host, "port": options.port, "user": options.user,
                       "password": options.password, "database": DATABASE}

    def send(self, sql, parameters=None):
        with connect(**self.config) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                if cursor.description is None:
                    connection.commit()
                    return []
                return cursor.fetchall()

    def one(self, sql):
        rows = self.send(sql)
        check(sql[:60], len(rows) == 1 and len(rows[0]) == 1, rows)
        return rows[0][0]

    def wait_for(self, sql, is_there, what):
        for _ in range(600):
            rows = self.send(sql)
            if is_there(rows):
                return
            time.sleep(0.1)
        check(what, False, rows)


def prepare(agent):
    database = agent.config.pop("database")
    for sql in (f"DROP DATABASE IF EXISTS {database}", "DROP DATABASE IF EXISTS polar4ai",
                f"CREATE DATABASE {database}"):
        agent.send(sql)
    agent.config["database"] = database
    agent.send("CREATE TABLE orders (id INT PRIMARY KEY, city VARCHAR(20) COMMENT 'ship to', "
               "amount DOUBLE, items INT, late INT) COMMENT 'what was sold'")
    agent.send("CREATE TABLE staff (id INT PRIMARY KEY, name VARCHAR(20))")
    rows = ", ".join(f"({n}, '{'Oslo' if n % 3 else 'Bergen'}', {n * 7 % 50}.5, {n % 9}, {n % 2})"
                     for n in range(1, 121))
    agent.send(f"INSERT INTO orders VALUES {rows}")


def resources(agent):
    tables = [row[0] for row in agent.send("SHOW TABLES")]
    check("SHOW TABLES", tables == ["orders", "staff"], tables)
    agent.send("/*polar4ai*/SHOW MODELS;")
    rows = agent.send("SELECT * FROM `orders` LIMIT 50")
    check("table data", len(rows) == 50, len(rows))
    rows = agent.send(
        "SELECT COLUMN_NAME,COLUMN_TYPE,COLUMN_COMMENT FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", (DATABASE, "orders"))
    check("field info", ("city", "varchar(20)", "ship to") in rows, rows)


def index(agent):
    check("no index yet", agent.send("/*polar4ai*/show tables;") == [], None)
    agent.send(f"/*polar4ai*/CREATE TABLE schema_index({INDEX_COLUMNS});")
    check("index is listed", agent.send("/*polar4ai*/show tables;") == [("schema_index",)], None)
    count = "/*polar4ai*/SELECT COUNT(*) FROM schema_index;"
    check("index is empty", agent.one(count) == 0, None)
    fill = ("/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_text2vec, SELECT '') "
            "WITH (mode='async', resource='schema') INTO schema_index;")
    for _ in range(2):
        task = agent.one(fill)
        agent.wait_for(f"/*polar4ai*/SHOW TASK `{task}`", lambda rows: rows[0][0] != "running"
                       and rows[0][0] != "init", "index task")
        state = agent.send(f"/*polar4ai*/SHOW TASK `{task}`")[0]
        check("index task", state[0] == "finish", state)
        check("a row a table", agent.one(count) == 2, None)
    rows = agent.send("/*polar4ai*/SELECT table_name, table_comment, column_comments, "
                      "sample_values, VECTOR_DIM(vecs) FROM schema_index WHERE id = 1")
    check("index row", rows[0][:3] == ("orders", "what was sold", "city: ship to")
          and "city: Oslo" in rows[0][3] and rows[0][4] == 8, rows)
    check("not among the tables", agent.send("SHOW TABLES") == [("orders",), ("staff",)], None)


def patterns(agent):
    table = "polar4ai_nl2sql_pattern_shop"
    agent.send(f"CREATE TABLE if not EXISTS `{table}` (`id` int(11) NOT NULL AUTO_INCREMENT "
               "COMMENT 'key',`pattern_question` text,`pattern_description` text,"
               "`pattern_sql` text,`pattern_params` text,PRIMARY KEY (`id`)) "
               "ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci")
    agent.send(f"INSERT INTO {table} (`id`,`pattern_question`,`pattern_description`,`pattern_sql`,"
               "`pattern_params`) VALUES (1,'how many orders','count',"
               "'SELECT COUNT(*) FROM orders','')")
    try:
        agent.send("/*polar4ai*/DROP TABLE shop")
        check("DROP of a missing index", False, "no error")
    except Error as error:
        check("DROP of a missing index", "Unknown table" in str(error), str(error))
    agent.send(f"/*polar4ai*/CREATE TABLE shop({PATTERN_COLUMNS})")
    task = agent.one("/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_text2vec, SELECT '') WITH "
                     f"(mode='async', resource='pattern', pattern_table_name='{table}') INTO shop;")
    agent.wait_for(f"/*polar4ai*/SHOW TASK `{task}`", lambda rows: rows[0][0] == "finish",
                   "pattern task")
    question = "how many orders went to Oslo\\'s \"centre\"?"
    answer = agent.one(f"/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_nl2sql, SELECT "
                       f"'{question}') WITH (basic_index_name='schema_index', "
                       "pattern_index_name='shop')")
    for part in ("CREATE TABLE `orders`", "SELECT COUNT(*) FROM orders", "Oslo's \"centre\"?"):
        check("the question holds " + part, part in answer, answer)
    agent.send(f"DROP TABLE {table}")


def ask(agent):
    answer = agent.one("/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_nl2sql, SELECT "
                       "'orders per city') WITH (basic_index_name='schema_index')")
    check("text to SQL", "CREATE TABLE `orders`" in answer and "orders per city" in answer, answer)
    for words, mark in (("柱状图", "<rect x="), ("折线图", "<polyline"), ("饼状图", "<path class")):
        chart = agent.one(
            "/*polar4ai*/SELECT * FROM PREDICT (MODEL _polar4ai_nl2chart,SELECT city, SUM(amount) "
            f"AS total FROM orders GROUP BY city) WITH (usr_query = '每个城市,{words}', "
            "result_type = 'IMAGE');")
        check("chart " + words, chart.startswith("<svg") and mark in chart and "Oslo" in chart,
              chart)


def documents(agent):
    def vector(text):
        return agent.one("/*polar4ai*/SELECT * FROM predict(model _polar4ai_text2vec, "
                         f"SELECT '{text}') with();")

    agent.send("""
            create table if not exists `default_knowledge_base`(
            id int unsigned auto_increment,
            chunk_content text,
            file_name varchar(256),
            vecs vector(768),
            primary key(id)
            )comment 'columnar=1';
        """)
    chunks = ["The north wind blows.", "Kort tekst om is.", "# Title \"quoted\""]
    for chunk in chunks:
        numbers = vector(chunk)
        check("only numbers", VECTOR.match(numbers), numbers)
        agent.send("insert into `default_knowledge_base` (chunk_content, file_name, vecs) "
                   f"values ('{chunk}', 'a.md', string_to_vector(\"{numbers}\"))")
    for chunk in chunks:
        rows = agent.send(
            "/*force_imci*/ select file_name,chunk_content, "
            f"distance(string_to_vector(\"{vector(chunk)}\"), vecs, \"COSINE\") as d "
            "from `default_knowledge_base` order by d limit 2;")
        check("search", len(rows) == 2 and rows[0][1] == chunk and abs(rows[0][2]) < 1e-6, rows)


def models(agent):
    for name in CLASSES:
        agent.send(f"/*polar4ai*/CREATE MODEL m_{name} WITH (model_class = '{name}',x_cols = "
                   "'amount,items',y_cols='late')AS (SELECT * FROM `orders`);")
    sequences(agent)
    names = CLASSES + ["bst"]
    listed = {row[0] for row in agent.send("/*polar4ai*/SHOW MODELS;")}
    check("models", {"m_" + name for name in names} <= listed, listed)
    for name in names:
        agent.wait_for(f"/*polar4ai*/SHOW MODEL m_{name}",
                       lambda rows: rows[0][0] in ("saved", "failed"), "training")
        state = agent.send(f"/*polar4ai*/SHOW MODEL m_{name}")[0][0]
        check("model " + name, state == "saved", state)
        agent.send(f"/*polar4ai*/DROP MODEL m_{name}")


def sequences(agent):
    """Class bst, first as the agent asks for every class, then with what the answer asks for."""
    try:
        agent.send("/*polar4ai*/CREATE MODEL m_bst WITH (model_class = 'bst',x_cols = "
                   "'amount,items',y_cols='late')AS (SELECT * FROM `orders`);")
        check("bst without parameters", False, "no error")
    except Error as error:
        check("bst without parameters", error.errno == 9055 and "window_size" in error.msg, error)
    agent.send("/*polar4ai*/CREATE MODEL m_bst WITH (model_class = 'bst',x_cols = "
               f"'visits,amount',y_cols='late',{SEQUENCES})AS (SELECT "
               "CONCAT('[', items, ',', items MOD 4, ']') AS visits, amount, late "
               "FROM `orders`);")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="")
    agent = Agent(parser.parse_args())
    for part in (prepare, resources, index, patterns, ask, documents, models):
        part(agent)
    sys.exit(1 if failures else 0)


main()
