/// How a stored tensor's elements are laid out: one by one, or in quantized blocks.
public enum ElementType: Sendable, Hashable {
  case dense(DType)
  /// Blocks along the last axis, whose length is a whole number of blocks.
  case blocks(BlockFormat)

  /// Elements in the smallest unit that has bytes of its own.
  public var elementsPerBlock: Int {
    switch self {
    case .dense: 1
    case .blocks(let format): format.elementsPerBlock
    }
  }

  /// Size of that unit, in bytes.
  public var bytesPerBlock: Int {
    switch self {
    case .dense(let type): type.byteCount
    case .blocks(let format): format.bytesPerBlock
    }
  }
}

extension ElementType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .dense(let type): type.description
    case .blocks(let format): format.description
    }
  }
}

/// The product of a shape's lengths (1 for a scalar), or nil when a length is negative or those that are not zero
/// multiply beyond `Int`: so no product of some of them, such as a stride, can overflow later.
package func elementCount(of shape: some Sequence<Int>) -> Int? {
  var product = 1
  var isEmpty = false
  for length in shape {
    guard length >= 0 else { return nil }
    if length == 0 {
      isEmpty = true
      continue
    }
    let (next, overflow) = product.multipliedReportingOverflow(by: length)
    guard !overflow else { return nil }
    product = next
  }
  return isEmpty ? 0 : product
}

/// Bytes that a tensor of this shape takes, row by row, or nil when that overflows or a row is not a whole number of
/// blocks. Counted in bits, because some formats pack elements into less than a byte.
package func byteCount(of shape: [Int], elementsPerBlock: Int, bitsPerBlock: Int) -> Int? {
  guard let elements = elementCount(of: shape) else { return nil }
  guard elementsPerBlock == 1 || (shape.last ?? 1) % elementsPerBlock == 0 else { return nil }
  let (bits, overflow) = (elements / elementsPerBlock).multipliedReportingOverflow(by: bitsPerBlock)
  return overflow || bits % 8 != 0 ? nil : bits / 8
}
