/// The built-in functions that stand before and behind a connector's calls, by name. They are
/// named, never written: a script in their place is refused.
package enum ProcessFunction {
    /// Make parameters of `text_docs` and `query_text`.
    package static let before: Set<String> = [
        "connector.pre_process.openai.embedding", "connector.pre_process.default.embedding",
        "connector.pre_process.cohere.embedding", "connector.pre_process.bedrock.embedding",
        "connector.pre_process.cohere.rerank", "connector.pre_process.default.rerank",
        "connector.pre_process.bedrock.rerank",
    ]

    /// Make tensors of an answer.
    package static let behind: Set<String> = [
        "connector.post_process.openai.embedding", "connector.post_process.default.embedding",
        "connector.post_process.cohere.embedding",
        "connector.post_process.cohere_v2.embedding.float",
        "connector.post_process.cohere_v2.embedding.int8",
        "connector.post_process.cohere_v2.embedding.uint8",
        "connector.post_process.cohere_v2.embedding.binary",
        "connector.post_process.cohere_v2.embedding.ubinary",
        "connector.post_process.bedrock.embedding",
        "connector.post_process.bedrock_v2.embedding.float",
        "connector.post_process.bedrock_v2.embedding.binary",
        "connector.post_process.cohere.rerank", "connector.post_process.default.rerank",
        "connector.post_process.bedrock.rerank", "connector.post_process.mlcommons.passthrough",
    ]

    /// - Parameters:
    ///   - name: what the action says; nil and empty for no function.
    ///   - member: of the action, for the message.
    /// - Throws: `ContractError` for a name that is not built in, and for a script.
    static func check(
        _ name: String?,
        among known: Set<String>,
        _ member: String
    ) throws(ContractError) {
        guard let name, !name.isEmpty, !known.contains(name) else { return }
        let isName = name.hasPrefix("connector.") && name.utf8.count <= 128
        throw .illegalArgument(
            isName
                ? "\(member) '\(UpstreamText.clean(name.utf8))' is not supported. Please use one "
                    + "of [\(known.sorted().joined(separator: ", "))]"
                : "\(member) takes the name of a built-in function; scripts are not supported"
        )
    }
}
