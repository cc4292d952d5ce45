import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// The tensors of a checkpoint under their Hugging Face names, whatever the file calls them.
struct CheckpointWeights: WeightSource {
  private struct Place {
    let tensor: String
    let layout: GGUFMap.Layout
    /// Which one of a stack it is.
    var index: Int?
  }

  /// Parameters that may come out of stacks, which a few bytes of a hostile file could ask for.
  private static let mostStacked = 1 << 19

  let names: [String]
  let origin: String
  private let tensors: TensorDirectory
  private let places: [String: Place]
  /// Heads of the query and of the key projection, for rows that GGUF reorders.
  private let heads: (query: Int, key: Int)

  /// - Parameters:
  ///   - gguf: how names map, for a GGUF file.
  ///   - basePrefix: what names lack in a checkpoint of the base model alone.
  init(
    _ tensors: TensorDirectory, origin: String, gguf: GGUFMap?, basePrefix: String,
    heads: (query: Int, key: Int)
  ) {
    var names: [String] = []
    var places: [String: Place] = [:]
    let isBase = gguf == nil && !tensors.names.contains { $0.hasPrefix(basePrefix + ".") }
    var stacked = 0
    for tensor in tensors.names {
      var name = tensor
      var layout = GGUFMap.Layout.same
      if let known = gguf?.parameter(of: tensor) {
        (name, layout) = known
        if case .stacked = layout, let shape = tensors.entry(tensor)?.shape, shape.count == 3,
          shape[0] <= Self.mostStacked - stacked
        {
          stacked += shape[0]
          let parts = name.split(separator: "*", omittingEmptySubsequences: false)
          for index in 0..<shape[0] {
            let part = parts.joined(separator: String(index))
            names.append(part)
            places[part] = Place(tensor: tensor, layout: layout, index: index)
          }
          continue
        }
      } else if isBase, tensor != "lm_head.weight" {
        name = basePrefix + "." + tensor
      }
      names.append(name)
      places[name] = Place(tensor: tensor, layout: layout)
    }
    self.names = names
    self.places = places
    self.tensors = tensors
    self.origin = origin
    self.heads = heads
  }

  func weight(_ name: String) throws -> StoredWeight? {
    guard let place = places[name], let view = try tensors[place.tensor] else { return nil }
    let shape = place.index == nil ? view.shape : Array(view.shape.dropFirst())
    var bytes = view.byteRange
    if let index = place.index {
      let size = bytes.count / view.shape[0]
      bytes = bytes.lowerBound + index * size..<bytes.lowerBound + (index + 1) * size
    }
    let isVector = shape.count < 2
    let rows = isVector ? 1 : shape.dropLast().reduce(1, *)
    let columns = isVector ? shape.reduce(1, *) : shape[shape.count - 1]
    // A batch norm's counter is the only integer among parameters.
    if shape.isEmpty, case .dense(.int64) = view.elementType {
      return StoredWeight(shape: shape, source: MatrixSource(Tensor(view.floats(), shape: [1, 1])))
    }
    guard
      let source = MatrixSource(
        elementType: view.elementType, rows: rows, columns: columns, owner: view.file,
        start: view.file.base + bytes.lowerBound,
        release: { [bytes] in view.file.release(bytes) })
    else {
      throw AttendError(
        .unsupported, "\(origin): the weight \(name) has the type \(view.elementType.description)",
        hint: "weights are floats or one of the supported quantized formats")
    }
    switch place.layout {
    case .same, .stacked: return StoredWeight(shape: shape, source: source)
    case .oneRow: return StoredWeight(shape: isVector ? [1] + shape : shape, source: source)
    case .headByHead: return try regrouped(name, shape, source)
    case .transposed:
      return StoredWeight(shape: shape.reversed(), source: source, isTransposed: !isVector)
    case .plusOne: return StoredWeight(shape: shape, source: MatrixSource(source.expanded() - 1))
    case .rotaryQueries: return try turned(name, shape, source, heads: heads.query)
    case .rotaryKeys: return try turned(name, shape, source, heads: heads.key)
    }
  }

  /// Undoes GGUF's order of a fused projection: row (part, head, channel) becomes (head, part, channel).
  private func regrouped(_ name: String, _ shape: [Int], _ source: MatrixSource) throws -> StoredWeight {
    let count = shape.first ?? 0
    guard count % (3 * heads.query) == 0 else {
      throw AttendError(
        .damagedFile, "\(origin): \(name) has \(count) rows, not three equal parts for each of \(heads.query) heads")
    }
    let width = count / 3 / heads.query
    return reordered(
      shape, source,
      (0..<count).map { row in
        let (head, part, channel) = (row / (3 * width), row / width % 3, row % width)
        return (part * heads.query + head) * width + channel
      })
  }

  /// Undoes GGUF's order of rotary channels: its neighbours (2i, 2i + 1) of each head become (i, i + width/2).
  private func turned(_ name: String, _ shape: [Int], _ source: MatrixSource, heads: Int) throws
    -> StoredWeight
  {
    let count = shape.first ?? 0
    guard count % (2 * heads) == 0 else {
      throw AttendError(
        .damagedFile,
        "\(origin): \(name) has \(count) rows, not an even number for each of \(heads) heads")
    }
    let half = count / heads / 2
    let order = (0..<count).map { row in
      let (head, inHead) = row.quotientAndRemainder(dividingBy: 2 * half)
      let (part, pair) = inHead.quotientAndRemainder(dividingBy: half)
      return head * 2 * half + 2 * pair + part
    }
    return reordered(shape, source, order)
  }

  /// The rows of a matrix, or the elements of a vector, in another order.
  private func reordered(_ shape: [Int], _ source: MatrixSource, _ order: [Int]) -> StoredWeight {
    guard shape.count == 1 else {
      return StoredWeight(shape: shape, source: source.reordered(order))
    }
    let values = source.expanded().scalars(Float.self)
    let reordered = Tensor(order.map { values[$0] }, shape: [1, shape[0]])
    return StoredWeight(shape: shape, source: MatrixSource(reordered))
  }
}
