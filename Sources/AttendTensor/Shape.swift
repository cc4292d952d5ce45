/// Up to eight integers kept inline: the extents or the strides of a tensor, without a heap allocation.
package struct Dimensions: Hashable, Sendable {
  private var values = (0, 0, 0, 0, 0, 0, 0, 0)
  package private(set) var count: Int

  /// `count` times `value`.
  package init(repeating value: Int, count: Int) {
    precondition(count >= 0 && count <= Shape.maximumRank, "a tensor has at most \(Shape.maximumRank) dimensions")
    self.count = count
    for index in 0..<count { self[index] = value }
  }

  package init(_ elements: some Collection<Int>) {
    self.init(repeating: 0, count: elements.count)
    var index = 0
    for element in elements {
      self[index] = element
      index += 1
    }
  }

  package subscript(index: Int) -> Int {
    get {
      precondition(index >= 0 && index < count, "dimension out of range")
      return withUnsafeBytes(of: values) { $0.loadUnaligned(fromByteOffset: index * 8, as: Int.self) }
    }
    set {
      precondition(index >= 0 && index < count, "dimension out of range")
      withUnsafeMutableBytes(of: &values) { $0.storeBytes(of: newValue, toByteOffset: index * 8, as: Int.self) }
    }
  }

  package mutating func append(_ value: Int) { insert(value, at: count) }

  package mutating func insert(_ value: Int, at index: Int) {
    precondition(count < Shape.maximumRank, "a tensor has at most \(Shape.maximumRank) dimensions")
    count += 1
    var position = count - 1
    while position > index {
      self[position] = self[position - 1]
      position -= 1
    }
    self[index] = value
  }

  package mutating func remove(at index: Int) {
    for position in index..<count - 1 { self[position] = self[position + 1] }
    self[count - 1] = 0
    count -= 1
  }

  package static func == (first: Dimensions, second: Dimensions) -> Bool {
    // Values beyond `count` are 0.
    let (a, b) = (first.values, second.values)
    let low = (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3)
    let high = (a.4 ^ b.4) | (a.5 ^ b.5) | (a.6 ^ b.6) | (a.7 ^ b.7)
    return first.count == second.count && (low | high) == 0
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for index in 0..<count { hasher.combine(self[index]) }
  }
}

/// The extents of a tensor, outermost first: `[rows, columns]`. No dimensions: a single number.
public struct Shape: Sendable, Hashable {
  /// The most dimensions a tensor can have.
  public static let maximumRank = 8

  package var dimensions: Dimensions

  package init(_ dimensions: Dimensions) { self.dimensions = dimensions }

  /// Extents that the program chose: none negative, at most ``maximumRank`` of them.
  public init(_ extents: some Collection<Int>) {
    dimensions = Dimensions(extents)
    for extent in extents { precondition(extent >= 0, "a dimension is negative") }
  }

  /// Extents that come from a file or a request: `nil` when one is negative, when there are more than
  /// ``maximumRank``, or when the number of bytes of such a tensor could overflow.
  public init?(checking extents: some Collection<Int>) {
    guard extents.count <= Shape.maximumRank else { return nil }
    var product = 8
    for extent in extents {
      guard extent >= 0 else { return nil }
      // A zero anywhere makes the product zero; the others must still not overflow, since strides multiply them.
      let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(extent, 1))
      guard !overflow else { return nil }
      product = next
    }
    dimensions = Dimensions(extents)
  }

  /// Number of dimensions.
  public var rank: Int { dimensions.count }

  /// Product of the extents.
  public var elementCount: Int {
    var product = 1
    for index in 0..<dimensions.count { product *= dimensions[index] }
    return product
  }

  /// Strides of a row-major tensor of this shape, in elements.
  package var contiguousStrides: Dimensions {
    var strides = Dimensions(repeating: 1, count: rank)
    var stride = 1
    for index in (0..<rank).reversed() {
      strides[index] = stride
      stride *= dimensions[index]
    }
    return strides
  }
}

extension Shape: RandomAccessCollection, ExpressibleByArrayLiteral, CustomStringConvertible {
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { dimensions.count }

  public subscript(position: Int) -> Int {
    get { dimensions[position] }
    set { dimensions[position] = newValue }
  }

  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}

extension Shape {
  /// The shape that NumPy broadcasting gives two shapes, or `nil` when they do not fit.
  package func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    var result = Dimensions(repeating: 1, count: Swift.max(rank, other.rank))
    for index in 0..<result.count {
      let first = index - (result.count - rank)
      let second = index - (result.count - other.rank)
      let a = first >= 0 ? self[first] : 1
      let b = second >= 0 ? other[second] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      result[index] = a == 1 ? b : a
    }
    return Shape(result)
  }

  /// `axis`, counted from the end when negative. A wrong axis is a programmer's error.
  package func resolve(axis: Int, _ operation: String) -> Int {
    let resolved = axis < 0 ? axis + rank : axis
    guard resolved >= 0 && resolved < rank else { shapeMismatch("\(operation), axis \(axis)", self) }
    return resolved
  }

  /// The axes, resolved and sorted; all of them for `nil`.
  package func resolve(axes: [Int]?, _ operation: String) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let resolved = axes.map { resolve(axis: $0, operation) }.sorted()
    for index in resolved.indices.dropFirst() where resolved[index] == resolved[index - 1] {
      shapeMismatch("\(operation), axes \(axes)", self)
    }
    return resolved
  }

  /// This shape with extent 1 at `axes`, or without them.
  package func reduced(axes: [Int], keepingDimensions: Bool) -> Shape {
    var result = dimensions
    for axis in axes.reversed() {
      if keepingDimensions { result[axis] = 1 } else { result.remove(at: axis) }
    }
    return Shape(result)
  }

  package func replacing(axis: Int, with extent: Int) -> Shape {
    var result = self
    result[axis] = extent
    return result
  }
}
