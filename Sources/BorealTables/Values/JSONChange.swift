import BorealBase

/// Changes of one place in a document.
enum JSONChange {
    /// What to do about a value that is there, or is not.
    enum Mode {
        /// JSON_SET: both.
        case set
        /// JSON_INSERT: only what is not there.
        case insert
        /// JSON_REPLACE: only what is there.
        case replace
    }

    /// The document with a value put at a path without wildcards.
    static func put(
        _ new: JSON,
        _ mode: Mode,
        _ legs: ArraySlice<JSONPath.Leg>,
        in value: JSON
    ) -> JSON {
        guard let leg = legs.first else { return mode == .insert ? value : new }
        let rest = legs.dropFirst()
        let adds = rest.isEmpty && mode != .replace
        switch leg {
        case .member(let name):
            guard var members = value.object else { return value }
            if let index = members.firstIndex(where: { $0.key == name }) {
                members[index].value = put(new, mode, rest, in: members[index].value)
            } else if adds {
                members.append((name, new))
            }
            return .object(members)
        case .element(let place):
            guard var elements = value.array else {
                if place.resolved(1) == 0 { return put(new, mode, rest, in: value) }
                guard adds else { return value }
                return .array(place.isFromLast ? [new, value] : [value, new])
            }
            let index = place.resolved(elements.count)
            if elements.indices.contains(index) {
                elements[index] = put(new, mode, rest, in: elements[index])
            } else if adds {
                elements.insert(new, at: index < 0 ? 0 : elements.count)
            }
            return .array(elements)
        default: return value
        }
    }

    /// The document without what is at a path that has one leg at least.
    static func remove(_ legs: ArraySlice<JSONPath.Leg>, in value: JSON) -> JSON {
        guard let leg = legs.first else { return value }
        let rest = legs.dropFirst()
        switch leg {
        case .member(let name):
            guard var members = value.object,
                let index = members.firstIndex(where: { $0.key == name })
            else { return value }
            if rest.isEmpty {
                members.remove(at: index)
            } else {
                members[index].value = remove(rest, in: members[index].value)
            }
            return .object(members)
        case .element(let place):
            guard var elements = value.array else {
                return place.resolved(1) == 0 && !rest.isEmpty ? remove(rest, in: value) : value
            }
            let index = place.resolved(elements.count)
            guard elements.indices.contains(index) else { return value }
            if rest.isEmpty {
                elements.remove(at: index)
            } else {
                elements[index] = remove(rest, in: elements[index])
            }
            return .array(elements)
        default: return value
        }
    }

    /// JSON_ARRAY_APPEND: at the end of the array at a path; what is no array becomes one.
    static func append(_ new: JSON, _ path: JSONPath, in value: JSON) -> JSON {
        guard let found = path.values(in: value).first else { return value }
        let longer = JSON.array((found.array ?? [found]) + [new])
        return put(longer, .replace, path.legs[...], in: value)
    }

    /// JSON_ARRAY_INSERT: in front of an element, the rest moves up.
    static func insert(_ new: JSON, _ path: JSONPath, in value: JSON) -> JSON {
        guard case .element(let place)? = path.legs.last else { return value }
        let parent = path.legs.dropLast()
        let found = JSONPath(legs: Array(parent)).values(in: value)
        guard var elements = found.first?.array else { return value }
        let index = place.resolved(elements.count)
        elements.insert(new, at: min(max(index, 0), elements.count))
        return put(.array(elements), .replace, parent, in: value)
    }

    /// RFC 7396.
    static func patched(_ target: JSON, _ patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var members = target.object ?? []
        for change in changes {
            let index = members.firstIndex { $0.key == change.key }
            if change.value == .null {
                if let index { members.remove(at: index) }
            } else if let index {
                members[index].value = patched(members[index].value, change.value)
            } else {
                members.append((change.key, patched(.null, change.value)))
            }
        }
        return .object(members)
    }

    /// Arrays are joined, objects merged member by member, scalars become arrays.
    static func merged(_ left: JSON, _ right: JSON) -> JSON {
        guard case .object(var members) = left, case .object(let others) = right else {
            return .array((left.array ?? [left]) + (right.array ?? [right]))
        }
        for other in others {
            if let index = members.firstIndex(where: { $0.key == other.key }) {
                members[index].value = merged(members[index].value, other.value)
            } else {
                members.append(other)
            }
        }
        return .object(members)
    }
}
