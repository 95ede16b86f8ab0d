import Foundation
import TestPrograms
import Testing

/// The REST contract as scripts use it: curl with an account.
struct RESTClient {
    /// What a request was answered.
    struct Answer {
        let status: Int
        let text: String
        let headers: String
        /// The body as JSON; nil for anything else.
        let json: Any?

        /// A part of the body: names of members and numbers of elements, between dots.
        subscript(path: String) -> Any? {
            var place = json
            for name in path.split(separator: ".") {
                if let list = place as? [Any] {
                    guard let index = Int(name), list.indices.contains(index) else { return nil }
                    place = list[index]
                } else {
                    place = (place as? [String: Any])?[String(name)]
                }
            }
            return place
        }

        func string(_ path: String) -> String? { self[path] as? String }
        func number(_ path: String) -> Int? { self[path] as? Int }
        /// The sentence of an error.
        var reason: String? { string("error.reason") }
    }

    static var isAvailable: Bool { ProgramRun.find("curl") != nil }

    let port: Int
    var user = "root:"

    /// - Parameters:
    ///   - path: behind `/_plugins/_ml`, unless it begins with `/_` or is whole.
    ///   - account: user and password; nil for `user`.
    func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        _ further: [String] = [],
        isWhole: Bool = false,
        as account: String? = nil
    ) throws -> Answer {
        let user = account ?? user
        let whole = isWhole || path.hasPrefix("/_") ? path : "/_plugins/_ml" + path
        var words = [
            "-sS", "-D", "-", "-X", method, "-H", "Content-Type: application/json",
            "http://127.0.0.1:\(port)\(whole)",
        ]
        if !user.isEmpty { words += ["-u", user] }
        if body != nil { words += ["--data-binary", "@-"] }
        let curl = ProgramRun.find("curl") ?? "curl"
        let run = try ProgramRun(curl, words + further, input: body ?? "")
        #expect(run.status == 0, "\(run.errors)")
        var output = run.output[...]
        // curl waits for the server's word before it sends a large body.
        if output.hasPrefix("HTTP/1.1 100"), let end = output.range(of: "\r\n\r\n") {
            output = output[end.upperBound...]
        }
        let parts = output.range(of: "\r\n\r\n")
        let headers = String(output[..<(parts?.lowerBound ?? output.endIndex)])
        let text = String(output[(parts?.upperBound ?? output.endIndex)...])
        let status = headers.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        // What is no JSON is looked at as text.
        let json = try? JSONSerialization.jsonObject(
            with: Data(text.utf8),
            options: .fragmentsAllowed
        )
        return Answer(status: status, text: text, headers: headers, json: json)
    }

    /// Allows URLs and private addresses.
    func trust(_ expression: String = #"http://127\\.0\\.0\\.1:\\d+/.*"#) throws {
        let answer = try send(
            "PUT",
            "/_cluster/settings",
            """
            {"persistent": {"plugins.ml_commons.trusted_connector_endpoints_regex":
              ["\(expression)"], "plugins": {"ml_commons": {"connector.private_ip_enabled": true}}}}
            """
        )
        #expect(answer.status == 200 && answer["acknowledged"] as? Bool == true, "\(answer.text)")
    }

    /// A connector as the documents make one.
    ///
    /// - Parameter members: beside those that every connector has.
    static func connector(
        _ name: String = "embedding",
        url: String = "http://127.0.0.1:9/v1/embeddings",
        members: String = ""
    ) -> String {
        """
        {"name": "\(name)", "description": "d", "version": "1", "protocol": "http",
         "parameters": {"model": "text-embedding-v4", "dim": 8, "list": []},
         "credential": {"api_key": "sk-planted-rest-4711"},
         "actions": [{"action_type": "predict", "method": "POST", "url": "\(url)",
          "headers": {"Authorization": "Bearer ${credential.api_key}",
                      "Content-Type": "application/json"},
          "request_body":
            "{ \\"model\\": \\"${parameters.model}\\", \\"input\\": ${parameters.input} }",
          "pre_process_function": "connector.pre_process.openai.embedding",
          "post_process_function": "connector.post_process.openai.embedding"}]\(members)}
        """
    }

    /// Makes a connector; its id.
    func makeConnector(_ name: String = "embedding") throws -> String {
        let answer = try send("POST", "/connectors/_create", Self.connector(name))
        return try #require(answer.string("connector_id"), "\(answer.text)")
    }

    /// Registers a model; its id.
    func makeModel(_ name: String, _ connector: String, query: String = "") throws -> String {
        let body = """
            {"name": "\(name)", "function_name": "REMOTE", "connector_id": "\(connector)",
             "description": "what it is"}
            """
        let answer = try send("POST", "/models/_register\(query)", body)
        #expect(answer.string("status") == "CREATED" && answer.string("task_id") != nil)
        return try #require(answer.string("model_id"), "\(answer.text)")
    }
}
