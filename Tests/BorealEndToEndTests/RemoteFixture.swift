import Foundation

/// A server that trusts a stand-in for model services on loopback, and the models on it.
final class RemoteFixture: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other.
    static let key = "sk-planted-8472-secret"

    let service: ModelService
    let server: ServerProcess

    /// What a server needs to call the stand-in.
    static let environment = [
        "BOREAL_TRUSTED_CONNECTOR_ENDPOINTS_REGEX": #"["http://127\\.0\\.0\\.1:\\d+/.*"]"#,
        "BOREAL_CONNECTOR_PRIVATE_IP_ENABLED": "ON",
    ]

    init(
        _ arguments: [String] = ["--ephemeral"],
        environment: [String: String] = [:]
    ) throws {
        service = try ModelService(apiKey: Self.key)
        let variables = Self.environment.merging(environment) { $1 }
        server = try ServerProcess(arguments: arguments, environment: variables)
    }

    /// CREATE MODEL for the stand-in.
    ///
    /// - Parameters:
    ///   - task: `chat`, `sentence-embedding`.
    ///   - further: options, each with a comma in front.
    func definition(
        _ name: String,
        _ task: String = "chat",
        _ further: String = "",
        path: String = "",
        version: String = "v1",
        tail: String = ""
    ) -> String {
        """
        CREATE MODEL \(name) WITH VERSION \(version) INPUT (prompt STRING)
        OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='\(task)',
        PAI_EAS_MODEL_NAME='qwen', PAI_EAS_SERVICE_NAME='svc', ENDPOINT='\(service.url)\(path)',
        APIKEY='\(Self.key)', PAI_EAS_SYNC_MODE='true'\(further)) \(tail)
        """
    }

    /// A session in the database `d`.
    func connect(user: String = "root") throws -> RawClient {
        let client = try RawClient(port: server.mysqlPort, user: user)
        if user == "root" {
            try client.query("CREATE DATABASE IF NOT EXISTS d")
            try client.query("USE d")
        }
        return client
    }
}

extension RawClient {
    /// The rows of a query.
    func rows(_ sql: String) throws -> [[String?]] { try query(sql).rows }
}
