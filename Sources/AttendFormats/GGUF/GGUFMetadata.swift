import AttendBase

/// The key-value part of a GGUF file, in the file's order.
public struct GGUFMetadata: Sendable {
  public private(set) var entries: [(key: String, value: GGUFValue)] = []
  private var positions: [String: Int] = [:]

  public init() {}

  /// The value of a key, or nil.
  public subscript(key: String) -> GGUFValue? { positions[key].map { entries[$0].value } }

  /// Appends a value; returns false, and changes nothing, when the key is taken.
  public mutating func append(_ key: String, _ value: GGUFValue) -> Bool {
    guard positions.updateValue(entries.count, forKey: key) == nil else { return false }
    entries.append((key, value))
    return true
  }

  mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
    positions.reserveCapacity(count)
  }
}
