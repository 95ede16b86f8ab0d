import Foundation

/// A server beside a stand-in for the services that its remote models live at.
final class RemoteBench: Sendable {
    /// What the stand-in wants to be called with.
    static let key = "sk-planted-4711-secret"

    let service: ModelService
    let server: ServerProcess

    /// - Parameter arguments: of `boreal serve`.
    init(_ arguments: [String] = ["--ephemeral"], environment: [String: String] = [:]) throws {
        service = try ModelService(apiKey: Self.key)
        let trust = [
            "BOREAL_TRUSTED_CONNECTOR_ENDPOINTS_REGEX": #"["http://127\\.0\\.0\\.1:\\d+/.*"]"#,
            "BOREAL_CONNECTOR_PRIVATE_IP_ENABLED": "ON",
        ]
        server = try ServerProcess(
            arguments: arguments,
            environment: trust.merging(environment) { $1 }
        )
    }

    /// A client in a database `d`, and the stand-in with its counts at zero.
    func begin() throws -> RawClient {
        try service.reset()
        let client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS d")
        try client.query("USE d")
        return client
    }

    /// Describes a model of the stand-in anew.
    ///
    /// - Parameters:
    ///   - further: options, each with a comma in front.
    ///   - path: of the endpoint; empty for the task's own.
    func make(
        _ name: String,
        _ task: String = "chat",
        _ further: String = "",
        path: String = "",
        by client: RawClient
    ) throws {
        try client.query("DROP MODEL IF EXISTS \(name)")
        try client.query(
            """
            CREATE MODEL \(name) WITH VERSION v1
            OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='\(task)',
            PAI_EAS_MODEL_NAME='qwen', PAI_EAS_SERVICE_NAME='svc', ENDPOINT='\(service.url)\(path)',
            APIKEY='\(Self.key)', PAI_EAS_SYNC_MODE='true'\(further))
            """
        )
    }
}
