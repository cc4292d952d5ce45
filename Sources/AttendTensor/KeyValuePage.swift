import AttendBase
import CAttend

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The shape of what a model remembers per position.
public struct KeyValueShape: Sendable, Hashable {
  public let layers: Int
  /// Key/value heads per layer.
  public let heads: Int
  public let keyWidth: Int
  public let valueWidth: Int

  public init(layers: Int, heads: Int, keyWidth: Int, valueWidth: Int) {
    self.layers = layers
    self.heads = heads
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
  }
}

/// Keys and values of 64 consecutive positions, for all layers and heads: the unit of growth and of sharing.
final class KeyValuePage: @unchecked Sendable {
  // Sendable: written only through a KeyValueCache that holds the one reference to it (copy on write).
  static let positions = Int(AT_KV_BLOCK)

  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  private let blockBytes: Int
  private let heads: Int

  init(_ layout: KeyValueCache.Layout) throws {
    let (count, overflow) = layout.blockBytes.multipliedReportingOverflow(
      by: layout.shape.layers * layout.shape.heads)
    guard !overflow, let memory = at_alloc(max(count, 1)) else {
      throw AttendError(
        .limitExceeded, "no memory for 64 more positions of the key/value cache (\(count) bytes)",
        hint: "use a shorter prompt or fewer requests at once")
    }
    memset(memory, 0, count)
    self.memory = memory
    byteCount = count
    blockBytes = layout.blockBytes
    heads = layout.shape.heads
  }

  init(copying other: KeyValuePage) throws {
    guard let memory = at_alloc(max(other.byteCount, 1)) else {
      throw AttendError(
        .limitExceeded, "no memory to copy a page of the key/value cache (\(other.byteCount) bytes)"
      )
    }
    memcpy(memory, other.memory, other.byteCount)
    self.memory = memory
    byteCount = other.byteCount
    blockBytes = other.blockBytes
    heads = other.heads
  }

  deinit { at_free(memory, max(byteCount, 1)) }

  func block(layer: Int, head: Int) -> UnsafeMutableRawPointer {
    memory + (layer * heads + head) * blockBytes
  }
}
