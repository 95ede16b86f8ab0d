// Plays the scenario (README.md) through a JDBC driver:
//
//   java -cp /usr/share/java/mariadb-java-client.jar JdbcSession.java
//
// Where the server is stands in the environment. Exit codes: 0 played to its end, 1 an error, 77
// the driver is not installed.

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class JdbcSession {
    static final String DATABASE = setting("DATABASE", "clients");
    static final Path FOLDER = Path.of(setting("SCENARIO", "scenario"));
    static Connection connection;
    static Map<String, List<String>> parts;

    static String setting(String name, String otherwise) {
        String value = System.getenv("BOREAL_" + name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    /** The statements of each part of statements.txt, by its name. */
    static Map<String, List<String>> statements() throws Exception {
        Map<String, List<String>> found = new HashMap<>();
        String part = "";
        for (String line : Files.readAllLines(FOLDER.resolve("statements.txt"))) {
            if (line.startsWith("-- ")) {
                part = line.substring(3);
                continue;
            }
            found.computeIfAbsent(part, name -> new ArrayList<>())
                .add(line.replace("@LOAD@", FOLDER.resolve("load.csv").toString())
                    .replace("@MODEL@", DATABASE + "_model").replace("@DATABASE@", DATABASE));
        }
        return found;
    }

    static Connection open() throws SQLException {
        String url = "jdbc:mariadb://" + setting("HOST", "127.0.0.1") + ":"
            + setting("PORT", "3307") + "/?useServerPrepStmts=true&allowMultiQueries=true"
            + "&allowLocalInfile=true&allowPublicKeyRetrieval=true&yearIsDateType=false"
            + "&tinyInt1isBit=false&serverTimezone=UTC";
        if (setting("TLS", "").equals("on")) {
            String authority = setting("TLS_CA", "");
            url += "&useSSL=true" + (authority.isEmpty() ? "&trustServerCertificate=true"
                : "&disableSslHostnameVerification=true&serverSslCert=" + authority);
        }
        if (setting("COMPRESS", "").equals("on")) {
            url += "&useCompression=true";
        }
        return DriverManager.getConnection(url, setting("USER", "root"), setting("PASSWORD", ""));
    }

    static void show(String name, Object... cells) {
        StringBuilder line = new StringBuilder(name);
        for (Object cell : cells) {
            line.append('\t').append(cell);
        }
        line.append('\n');
        byte[] bytes = line.toString().getBytes(StandardCharsets.UTF_8);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) {
            text.append(String.format("%02x", each));
        }
        return text.toString();
    }

    static byte[] bytes(String text) {
        byte[] found = new byte[text.length() / 2];
        for (int index = 0; index < found.length; index++) {
            found[index] = (byte) Integer.parseInt(text.substring(2 * index, 2 * index + 2), 16);
        }
        return found;
    }

    /** A cell as rows.tsv has it. */
    static String canonical(ResultSet row, int column, String kind) throws SQLException {
        if (row.getObject(column) == null) {
            return "NULL";
        }
        switch (kind) {
            case "bytes":
            case "bit":
                return hex(row.getBytes(column));
            case "float":
                return new BigDecimal(row.getString(column)).stripTrailingZeros().toPlainString();
            case "timestamp":
                return row.getString(column).substring(0, 19);
            case "datetime":
                return (row.getString(column) + "000000").substring(0, 26);
            default:
                return row.getString(column);
        }
    }

    static void bind(PreparedStatement statement, int place, String text, String kind)
        throws SQLException {
        if (text.equals("NULL")) {
            statement.setObject(place, null);
            return;
        }
        switch (kind) {
            case "int":
                BigInteger number = new BigInteger(text);
                if (number.bitLength() < 64) {
                    statement.setLong(place, number.longValue());
                } else {
                    statement.setBigDecimal(place, new BigDecimal(number));
                }
                break;
            case "decimal":
                statement.setBigDecimal(place, new BigDecimal(text));
                break;
            case "float":
                statement.setDouble(place, Double.parseDouble(text));
                break;
            case "date":
                statement.setObject(place, LocalDate.parse(text));
                break;
            case "datetime":
            case "timestamp":
                statement.setObject(place, LocalDateTime.parse(text.replace(' ', 'T')));
                break;
            case "bytes":
                statement.setBytes(place, bytes(text));
                break;
            case "bit":
                statement.setInt(place, Integer.parseInt(text, 16));
                break;
            default:
                statement.setString(place, text);
        }
    }

    static void printRows(String name, ResultSet rows, String[] kinds) throws SQLException {
        int count = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            Object[] cells = new Object[count];
            for (int column = 1; column <= count; column++) {
                cells[column - 1] =
                    canonical(rows, column, kinds == null ? "text" : kinds[column - 1]);
            }
            show(name, cells);
        }
    }

    static void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static void print(String name, String sql, String[] kinds) throws SQLException {
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery(sql)) {
            printRows(name, rows, kinds);
        }
    }

    static String cell(String sql, int column) throws SQLException {
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(column);
        }
    }

    static void values() throws Exception {
        print("hello", parts.get("hello").get(0), null);
        String cipher = cell("SHOW STATUS LIKE 'Ssl_cipher'", 2);
        show("wire", cipher.isEmpty() ? "off" : "on", cell("SHOW STATUS LIKE 'Compression'", 2));
        for (String sql : parts.get("schema")) {
            run(sql);
        }
        List<String> table = Files.readAllLines(FOLDER.resolve("rows.tsv"));
        String[] kinds = table.get(1).split("\t", -1);
        // The driver has no negative times: they come as text.
        print("text", parts.get("text").get(0).replace("c_time,", "CAST(c_time AS CHAR),"), kinds);
        try (PreparedStatement insert =
            connection.prepareStatement(parts.get("prepared").get(0))) {
            for (String line : table.subList(2, table.size())) {
                String[] cells = line.split("\t", -1);
                cells[0] = String.valueOf(Integer.parseInt(cells[0]) + 10);
                for (int index = 0; index < cells.length; index++) {
                    bind(insert, index + 1, cells[index], kinds[index]);
                }
                insert.executeUpdate();
            }
        }
        try (PreparedStatement select = connection.prepareStatement(
            parts.get("prepared").get(1).replace("c_time,", "CAST(c_time AS CHAR),"))) {
            select.setInt(1, 10);
            printRows("prepared", select.executeQuery(), kinds);
        }
        print("stored", parts.get("stored").get(0), null);
        inspect(connection.getMetaData());
    }

    interface Question {
        ResultSet ask() throws SQLException;
    }

    static int count(Question question) throws SQLException {
        try (ResultSet rows = question.ask()) {
            int count = 0;
            while (rows.next()) {
                count += 1;
            }
            return count;
        }
    }

    /** What tools ask through the driver; it sends long queries of information_schema. */
    static void inspect(DatabaseMetaData data) throws SQLException {
        int columns = count(() -> data.getColumns(DATABASE, null, "loaded", "%"));
        try (ResultSet keys = data.getPrimaryKeys(DATABASE, null, "numbered")) {
            keys.next();
            show("inspect", columns, keys.getString("COLUMN_NAME"));
        }
        for (Question question : List.<Question>of(
            data::getCatalogs, data::getSchemas, data::getTableTypes, data::getTypeInfo,
            () -> data.getTables(DATABASE, null, "%", null),
            () -> data.getIndexInfo(DATABASE, null, "numbered", false, true),
            () -> data.getImportedKeys(DATABASE, null, "numbered"),
            () -> data.getExportedKeys(DATABASE, null, "numbered"),
            () -> data.getBestRowIdentifier(DATABASE, null, "numbered", 1, true),
            () -> data.getVersionColumns(DATABASE, null, "numbered"),
            () -> data.getProcedures(DATABASE, null, "%"),
            () -> data.getProcedureColumns(DATABASE, null, "%", "%"),
            () -> data.getFunctions(DATABASE, null, "%"),
            () -> data.getFunctionColumns(DATABASE, null, "%", "%"),
            () -> data.getTablePrivileges(DATABASE, null, "%"),
            () -> data.getColumnPrivileges(DATABASE, null, "numbered", "%"),
            () -> data.getUDTs(DATABASE, null, "%", null))) {
            count(question);
        }
    }

    static void changes() throws Exception {
        try (Statement statement = connection.createStatement()) {
            int affected = statement.executeUpdate(
                parts.get("changed").get(0), Statement.RETURN_GENERATED_KEYS);
            ResultSet keys = statement.getGeneratedKeys();
            keys.next();
            show("changed", affected, keys.getLong(1));
        }
        String insert = parts.get("transaction").get(0);
        String count = parts.get("transaction").get(1);
        connection.setAutoCommit(false);
        run(insert);
        connection.rollback();
        String gone = cell(count, 1);
        run(insert);
        connection.commit();
        connection.rollback();
        show("transaction", gone, cell(count, 1));
        connection.setAutoCommit(true);
        for (String sql : parts.get("errors")) {
            try {
                run(sql);
                show("error", "none");
            } catch (SQLException error) {
                show("error", error.getErrorCode());
                show("state", error.getSQLState());
            }
        }
        try (Statement statement = connection.createStatement()) {
            show("load", statement.executeUpdate(parts.get("load").get(0)));
        }
        print("loaded", parts.get("load").get(1), null);
    }

    static void results() throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(1000);
            ResultSet rows = statement.executeQuery(parts.get("stream").get(0));
            long count = 0;
            long total = 0;
            while (rows.next()) {
                count += 1;
                total += rows.getLong(1);
            }
            show("stream", count, total);
        }
        try (Statement statement = connection.createStatement()) {
            boolean hasRows = statement.execute(parts.get("multi").get(0));
            while (hasRows || statement.getUpdateCount() != -1) {
                if (hasRows) {
                    printRows("multi", statement.getResultSet(), null);
                }
                hasRows = statement.getMoreResults();
            }
        }
        run(parts.get("mark").get(0));
        if (connection.isValid(5)) {
            show("ping", cell(parts.get("mark").get(1), 1));
        }
    }

    static void model() throws Exception {
        List<String> sql = parts.get("model");
        for (String statement : sql.subList(0, 3)) {
            run(statement);
        }
        String status = "";
        for (int turn = 0; turn < 3000 && !status.matches("saved|failed"); turn++) {
            Thread.sleep(20);
            status = cell(sql.get(3), 1);
        }
        show("model", status);
        try (PreparedStatement predict = connection.prepareStatement(sql.get(4))) {
            predict.setInt(1, 5);
            predict.setInt(2, 150);
            printRows("predict", predict.executeQuery(), null);
        }
        run(sql.get(5));
        try {
            run(sql.get(3));
        } catch (SQLException error) {
            show("dropped", error.getErrorCode());
        }
    }

    public static void main(String[] arguments) throws Exception {
        try {
            Class.forName("org.mariadb.jdbc.Driver");
        } catch (ClassNotFoundException missing) {
            System.err.println("the MariaDB driver of JDBC is not installed");
            System.exit(77);
        }
        parts = statements();
        connection = open();
        run("DROP DATABASE IF EXISTS " + DATABASE);
        run("CREATE DATABASE " + DATABASE + " CHARACTER SET utf8mb4");
        connection.setCatalog(DATABASE);
        values();
        changes();
        results();
        if (arguments.length == 0) {
            model();
        }
        run("DROP DATABASE " + DATABASE);
        connection.close();
    }
}
