import AttendBase
import CAttend

/// The keys and values of one sequence, grown a page of 64 positions at a time.
///
/// A copy shares its pages, so a prefix is shared between requests by assignment; a page is copied when one of its
/// sharers writes to it.
public struct KeyValueCache: Sendable {
  struct Layout: Hashable {
    let shape: KeyValueShape
    let element: at_element
    let blockBytes: Int

    static func == (a: Layout, b: Layout) -> Bool { a.shape == b.shape && a.element == b.element }
    func hash(into hasher: inout Hasher) { hasher.combine(shape) }
  }

  let layout: Layout
  var pages: [KeyValuePage] = []
  /// Positions that are complete in every layer.
  public internal(set) var length = 0
  /// How many positions the sequence may come to, where that decides on how positions are encoded; nil takes the end of
  /// each pass.
  public var reach: Int?

  public var shape: KeyValueShape { layout.shape }

  /// - Parameter precision: `.exact` keeps float32, `.fast` bfloat16.
  public init(_ shape: KeyValueShape, precision: Precision) {
    let element = precision == .exact ? AT_F32 : AT_BF16
    let bytes = at_kv_block_bytes(at_kernels_best(), element, shape.keyWidth, shape.valueWidth)
    layout = Layout(shape: shape, element: element, blockBytes: bytes)
  }

  /// Bytes of the pages this cache refers to, shared ones included.
  public var byteCount: Int { pages.count * bytesPerPage }
  /// Bytes of one page of 64 positions.
  public var bytesPerPage: Int { layout.blockBytes * layout.shape.layers * layout.shape.heads }

  /// Makes room for `count` positions after `length` and owns their pages.
  /// - Throws: `limit-exceeded` when there is no memory.
  public mutating func reserve(_ count: Int) throws {
    let first = length / KeyValuePage.positions
    let needed = (length + count + KeyValuePage.positions - 1) / KeyValuePage.positions
    while pages.count < needed { pages.append(try KeyValuePage(layout)) }
    for index in first..<max(first, needed) where !isKnownUniquelyReferenced(&pages[index]) {
      pages[index] = try KeyValuePage(copying: pages[index])
    }
  }

  /// Counts `count` positions, written by every layer, as complete.
  public mutating func advance(by count: Int) { length += count }

  /// Forgets everything from position `newLength` on.
  public mutating func truncate(to newLength: Int) {
    guard newLength < length else { return }
    length = max(newLength, 0)
    let needed = (length + KeyValuePage.positions - 1) / KeyValuePage.positions
    pages.removeLast(pages.count - needed)
  }

  /// Writes the rows `rows` of keys and values at the positions after `length`, which `reserve` has made room for.
  /// - Parameters:
  ///   - keys: `[tokens, heads, keyWidth]`, float32; `values`: `[tokens, heads, valueWidth]`.
  func write(layer: Int, keys: Tensor, values: Tensor, rows: Range<Int>) {
    let (heads, keyWidth, valueWidth) = (shape.heads, shape.keyWidth, shape.valueWidth)
    keys.withRows { keys, keyStride in
      values.withRows { values, valueStride in
        var done = 0
        while done < rows.count {
          let position = length + done
          let slot = position % KeyValuePage.positions
          let count = min(KeyValuePage.positions - slot, rows.count - done)
          let page = pages[position / KeyValuePage.positions]
          let row = rows.lowerBound + done
          for head in 0..<heads {
            at_kv_write(
              at_kernels_best(), layout.element, keyWidth, valueWidth,
              page.block(layer: layer, head: head), slot, count,
              keys + row * keyStride + head * keyWidth, keyStride,
              values + row * valueStride + head * valueWidth, valueStride)
          }
          done += count
        }
      }
    }
  }

  /// The keys at the first `count` positions of a layer, complete in all layers or not: `[count, heads, keyWidth]`.
  package func keys(layer: Int, count: Int) -> Tensor {
    Tensor.uninitialized([count, shape.heads, shape.keyWidth]) { out in
      let out = out.assumingMemoryBound(to: Float.self)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(shape.valueWidth, 1)) { value in
        for position in 0..<count {
          let page = pages[position / KeyValuePage.positions]
          for head in 0..<shape.heads {
            at_kv_read(
              at_kernels_best(), layout.element, shape.keyWidth, shape.valueWidth,
              page.block(layer: layer, head: head), position % KeyValuePage.positions,
              out + (position * shape.heads + head) * shape.keyWidth, value.baseAddress)
          }
        }
      }
    }
  }

  /// Writes where the blocks of one layer are, `[heads, pages]`, to `blocks`.
  func fillBlocks(layer: Int, _ blocks: UnsafeMutablePointer<UnsafeRawPointer?>) {
    for index in pages.indices {
      let first = UnsafeRawPointer(pages[index].block(layer: layer, head: 0))
      for head in 0..<shape.heads {
        (blocks + head * pages.count + index).initialize(to: first + head * layout.blockBytes)
      }
    }
  }

  /// Blocks of one layer.
  var blockCount: Int { pages.count * shape.heads }
  var pageCount: Int { pages.count }
}
