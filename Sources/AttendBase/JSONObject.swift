extension JSON {
  /// The members of a JSON object in the order of the file. Finding a key takes constant time.
  ///
  /// Keys are compared byte by byte: two spellings of one character (U+00E9, or U+0065 U+0301) are two keys, as JSON
  /// has it, although Swift's `String` calls them equal.
  public struct Object: Sendable {
    public private(set) var keys: [String] = []
    public private(set) var values: [JSON] = []
    /// Open-addressing table: 0 is free, else the upper half of the key's hash and, below it, its position plus one.
    /// Empty while there are so few members that looking at each is faster.
    private var slots: [UInt64] = []

    private static let scanLimit = 8

    public init() {}

    package mutating func reserveCapacity(_ count: Int) {
      keys.reserveCapacity(count)
      values.reserveCapacity(count)
    }

    /// The member's value; assigning replaces it in place or appends it, assigning nil removes it in linear time.
    public subscript(key: String) -> JSON? {
      get { position(of: key).map { values[$0] } }
      set {
        switch (position(of: key), newValue) {
        case (let position?, let value?): values[position] = value
        case (let position?, nil):
          keys.remove(at: position)
          values.remove(at: position)
          rebuildSlots()
        case (nil, let value?): append(key, value)
        case (nil, nil): break
        }
      }
    }

    public func position(of key: String) -> Int? {
      if slots.isEmpty {
        return keys.firstIndex { sameBytes($0, key) }
      }
      return find(key, hash(key))
    }

    /// Appends a member unless the key is taken; returns whether it did.
    package mutating func appendIfAbsent(_ key: String, _ value: JSON) -> Bool {
      if slots.isEmpty {
        if keys.contains(where: { sameBytes($0, key) }) { return false }
        append(key, value)
        return true
      }
      let hash = hash(key)
      if find(key, hash) != nil { return false }
      append(key, value, hash)
      return true
    }

    private mutating func append(_ key: String, _ value: JSON, _ knownHash: UInt64? = nil) {
      keys.append(key)
      values.append(value)
      if slots.isEmpty {
        if keys.count > Object.scanLimit { rebuildSlots() }
      } else if keys.count * 2 > slots.count {
        rebuildSlots()
      } else {
        insert(knownHash ?? hash(key), at: keys.count - 1)
      }
    }

    private mutating func rebuildSlots() {
      slots = []
      guard keys.count > Object.scanLimit else { return }
      var capacity = 32
      while capacity < keys.count * 4 { capacity *= 2 }
      slots = [UInt64](repeating: 0, count: capacity)
      for (position, key) in keys.enumerated() { insert(hash(key), at: position) }
    }

    private mutating func insert(_ hash: UInt64, at position: Int) {
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(position + 1)
    }

    private func find(_ key: String, _ hash: UInt64) -> Int? {
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 {
        if (slots[slot] ^ hash) >> 32 == 0 {
          let position = Int(slots[slot] & 0xFFFF_FFFF) - 1
          if sameBytes(keys[position], key) { return position }
        }
        slot = (slot + 1) & mask
      }
      return nil
    }

    /// Swift's hash is seeded anew in every process, so no file can be made of keys that all collide.
    private func hash(_ key: String) -> UInt64 {
      var key = key
      return key.withUTF8 { bytes in
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        return UInt64(truncatingIfNeeded: hasher.finalize())
      }
    }

    private func sameBytes(_ first: String, _ second: String) -> Bool {
      first.utf8.count == second.utf8.count && first.utf8.elementsEqual(second.utf8)
    }
  }
}

extension JSON.Object: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { keys.count }
  public subscript(position: Int) -> (key: String, value: JSON) { (keys[position], values[position]) }
}

extension JSON.Object: Equatable {
  /// The same keys with the same values, in any order.
  public static func == (first: JSON.Object, second: JSON.Object) -> Bool {
    first.count == second.count && first.allSatisfy { second[$0.key] == $0.value }
  }
}
