import AttendBase

/// The key-value part of a GGUF file, in the file's order.
public struct GGUFMetadata: Sendable {
  public private(set) var entries: [(key: String, value: GGUFValue)] = []
  private var positions: [String: Int] = [:]

  public init() {}

  /// The value of a key, or nil; assigning replaces it in place or appends it, assigning nil removes it in linear time.
  public subscript(key: String) -> GGUFValue? {
    get { positions[key].map { entries[$0].value } }
    set {
      switch (positions[key], newValue) {
      case (let position?, let value?): entries[position].value = value
      case (let position?, nil):
        entries.remove(at: position)
        positions = [:]
        for (position, entry) in entries.enumerated() { positions[entry.key] = position }
      case (nil, let value?): _ = appendIfAbsent(key, value)
      case (nil, nil): break
      }
    }
  }

  /// Appends a value unless the key is taken; returns whether it did.
  mutating func appendIfAbsent(_ key: String, _ value: GGUFValue) -> Bool {
    // Never `updateValue`: it would forget where the first value is.
    guard positions[key] == nil else { return false }
    positions[key] = entries.count
    entries.append((key, value))
    return true
  }

  mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
    positions.reserveCapacity(count)
  }
}
