import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds a token's id by its bytes. Holds positions only; the bytes stay where they are and are passed to each look-up.
struct TokenIndex: Sendable {
  /// Open addressing: 0 is free, else the upper half of the hash and, below it, the id plus one.
  private var slots: [UInt64]
  private let seed = HashMixing.seed

  /// Indexes the strings whose positions `includes` accepts; reports two that are equal, if there are any.
  init(_ strings: ByteStrings, duplicates: inout (Int, Int)?, includes: (Int) -> Bool) {
    slots = [UInt64](repeating: 0, count: HashMixing.capacity(for: strings.count))
    var equal: (Int, Int)?
    slots.withUnsafeMutableBufferPointer { slots in
      strings.withPointers { strings in
        let mask = slots.count - 1
        for position in 0..<strings.count where includes(position) {
          let (start, count) = strings[position]
          let hash = HashMixing.hash(start, count, seed)
          var slot = Int(truncatingIfNeeded: hash) & mask
          while slots[slot] != 0 {
            if (slots[slot] ^ hash) >> 32 == 0 {
              let other = Int(slots[slot] & 0xFFFF_FFFF) - 1
              if strings.isEqual(other, start, count) { equal = (other, position) }
            }
            slot = (slot + 1) & mask
          }
          slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(position + 1)
        }
      }
    }
    duplicates = equal
  }

  func withReader<Result>(_ strings: ByteStrings, _ body: (Reader) -> Result) -> Result {
    slots.withUnsafeBufferPointer { slots in
      strings.withPointers { body(Reader(slots: slots, strings: $0)) }
    }
  }

  /// Looks up tokens during one call that keeps the index and its strings alive.
  struct Reader {
    let slots: UnsafeBufferPointer<UInt64>
    let strings: ByteStringPointers
    let seed = HashMixing.seed

    @inline(__always) func find(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32? {
      let hash = HashMixing.hash(start, count, seed)
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 {
        if (slots[slot] ^ hash) >> 32 == 0 {
          let position = Int(slots[slot] & 0xFFFF_FFFF) - 1
          if strings.isEqual(position, start, count) { return Int32(truncatingIfNeeded: position) }
        }
        slot = (slot + 1) & mask
      }
      return nil
    }
  }
}

/// The strings' memory, valid during one call.
struct ByteStringPointers {
  let bytes: UnsafePointer<UInt8>
  let offsets: UnsafeBufferPointer<Int>

  var count: Int { offsets.count - 1 }

  @inline(__always) subscript(position: Int) -> (start: UnsafePointer<UInt8>, count: Int) {
    (bytes + offsets[position], offsets[position + 1] - offsets[position])
  }

  @inline(__always) func isEqual(_ position: Int, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let (own, ownCount) = self[position]
    return ownCount == count && memcmp(own, start, count) == 0
  }
}

extension ByteStrings {
  func withPointers<Result>(_ body: (ByteStringPointers) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      offsets.withUnsafeBufferPointer { offsets in
        // An empty array may have no memory; its strings are all empty, so any address does.
        body(
          ByteStringPointers(
            bytes: bytes.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped, offsets: offsets))
      }
    }
  }
}
