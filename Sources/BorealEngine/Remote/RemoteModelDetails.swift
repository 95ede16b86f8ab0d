import BorealBase
import BorealCatalog
import BorealRemote

/// What DESC MODEL EXTENDED says of a remote model beyond what it says of any.
struct RemoteModelDetails {
    let gateway: RemoteGateway
    let bound: BoundModel

    /// Where the version is called, with what, and how far.
    var version: [[String]] {
        // A definition that this release cannot read is shown as what it is.
        guard let record = try? RemoteGateway.record(of: bound) else {
            return [["definition", "cannot be read"]]
        }
        let options = record.options
        let endpoint =
            options.pool.isEmpty
            ? record.address.shown : options.pool.map(\.shown).joined(separator: ", ")
        var rows = [
            ["source_type", "REMOTE"], ["model_type", record.modelType],
            ["task", record.task?.rawValue ?? record.kind.rawValue], ["endpoint", endpoint],
            ["upstream_model", record.upstreamName], ["service", record.serviceName],
            ["provider", record.provider], ["key", key(of: bound)],
        ]
        rows.removeAll { $0[1].isEmpty }
        rows += [
            ["timeout_ms", String(options.timeoutMilliseconds)],
            ["retries", String(options.retries)],
            ["max_concurrency", String(options.concurrencyMax)],
        ]
        let limits: [(String, Int?)] = [
            ("max_batch", options.batchMax), ("rpm", options.requestsPerMinute),
            ("tpm", options.tokensPerMinute), ("max_tokens", options.maxTokens),
            ("dimensions", options.dimensions),
        ]
        rows += limits.compactMap { name, limit in limit.map { [name, String($0)] } }
        return rows
    }

    /// Every version with its inputs, options and masked key, one after the other.
    var versions: [[String]] {
        bound.model.versions.flatMap { version -> [[String]] in
            let each = BoundModel(model: bound.model, version: version)
            // As above.
            let record = try? RemoteGateway.record(of: each)
            // Only what `JSON` wrote is stored.
            let inputs = (try? JSON.parse(version.definition.options))?["inputs"]?.array ?? []
            let columns = inputs.map { input in
                "\(input["name"]?.string ?? "") \(input["type"]?.string ?? "")"
            }
            return [
                ("status", version.status.rawValue), ("inputs", columns.joined(separator: ", ")),
                ("endpoint", record?.address.shown ?? ""),
                ("options", record?.shownConfig.description ?? ""), ("key", key(of: each)),
                ("comment", version.definition.comment),
            ].filter { !$0.1.isEmpty }.map { ["version \(version.name): \($0.0)", $0.1] }
        }
    }

    /// The masked key; empty without one.
    private func key(of bound: BoundModel) -> String {
        do throws(RemoteModelError) {
            return try gateway.vault.key(of: bound).map { SecretMask.shown($0.text) } ?? ""
        } catch {
            return "*** (\(error.text))"
        }
    }
}
