import CAttend

// Movement of elements without arithmetic works on their size, whatever the dtype.

extension CPUBackend {
  func select(_ mask: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    guard mask.dtype == .bool else { dtypeMismatch("where", mask.dtype) }
    switch x.dtype.byteCount {
    case 8: return select(mask, x, y, UInt64.self)
    case 4: return select(mask, x, y, UInt32.self)
    case 2: return select(mask, x, y, UInt16.self)
    default: return select(mask, x, y, UInt8.self)
    }
  }

  private func select<T: FixedWidthInteger>(_ mask: Tensor, _ x: Tensor, _ y: Tensor, _ type: T.Type) -> Tensor {
    let values = x.commonShape("where", y)
    guard let shape = values.broadcast(with: mask.shape) else { shapeMismatch("where", mask.shape, values) }
    let output = Tensor(uninitialized: shape, x.dtype)
    let loop = StridedLoop(
      shape, x.broadcastStrides(to: shape), y.broadcastStrides(to: shape), mask.broadcastStrides(to: shape))
    let (a, b, chosen) = (x.pointer(T.self), y.pointer(T.self), mask.pointer(UInt8.self))
    let out = output.pointer(T.self)
    let strides = loop.runStrides
    parallelFor(loop.runs, grain: loop.grain) { range in
      loop.forEachRun(range) { index, i, j, l in
        let out = out + index * loop.run
        if strides == (1, 1, 1) {
          let (a, b, chosen) = (a + i, b + j, chosen + l)
          for k in 0..<loop.run { out[k] = chosen[k] != 0 ? a[k] : b[k] }
          return
        }
        for k in 0..<loop.run {
          out[k] = chosen[l + k * strides.third] != 0 ? a[i + k * strides.first] : b[j + k * strides.second]
        }
      }
    }
    return output
  }

  func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor {
    let total = tensors.reduce(0) { $0 + $1.shape[axis] }
    let shape = tensors[0].shape.replacing(axis: axis, with: total)
    let output = Tensor(uninitialized: shape, tensors[0].dtype)
    let size = shape[(axis + 1)...].reduce(output.dtype.byteCount, *)
    let blocks = shape[..<axis].reduce(1, *)
    var offset = 0
    for tensor in tensors {
      let tensor = tensor.isContiguous ? tensor : copy(tensor)
      defer { withExtendedLifetime(tensor) {} }
      let bytes = tensor.shape[axis] * size
      let (from, to) = (tensor.box.pointer, output.box.pointer + offset)
      if bytes > 0 {
        parallelFor(blocks, grain: max(1, (1 << 17) / bytes)) { range in
          for block in range { (to + block * total * size).copyMemory(from: from + block * bytes, byteCount: bytes) }
        }
      }
      offset += bytes
    }
    return output
  }

  /// Row numbers as Int, checked.
  private func indices(_ ids: Tensor, below count: Int, _ operation: String) -> [Int] {
    let ids = cast(ids, to: .int64).scalars(Int.self)
    for id in ids where id < 0 || id >= count { indexOutOfRange(operation, id, count: count) }
    return ids
  }

  func gather(_ table: Tensor, _ ids: Tensor) -> Tensor {
    let row = table.dtype.byteCount * (table.count / Swift.max(table.shape[0], 1))
    return profiled(.lookup, .init(bytes: ids.count * row, operations: 0)) { gathered(table, ids) }
  }

  private func gathered(_ table: Tensor, _ ids: Tensor) -> Tensor {
    let indices = indices(ids, below: table.shape[0], "gather")
    let table = table.isContiguous ? table : copy(table)
    defer { withExtendedLifetime(table) {} }
    let output = Tensor(uninitialized: Shape(ids.shape.map { $0 } + table.shape.dropFirst()), table.dtype)
    let bytes = table.shape.dropFirst().reduce(table.dtype.byteCount, *)
    let (from, to) = (table.box.pointer, output.box.pointer)
    parallelFor(indices.count, grain: max(1, (1 << 17) / max(bytes, 1))) { range in
      for row in range { (to + row * bytes).copyMemory(from: from + indices[row] * bytes, byteCount: bytes) }
    }
    return output
  }

  func scatterAdd(_ table: Tensor, _ ids: Tensor, _ updates: Tensor) -> Tensor {
    if table.dtype.isHalf {
      return cast(scatterAdd(cast(table, to: .float32), ids, cast(updates, to: .float32)), to: table.dtype)
    }
    if table.dtype == .float32 {
      var output = copy(table)
      addRows(&output, ids, updates)
      return output
    }
    let indices = indices(ids, below: table.shape[0], "scatterAdd")
    let updates = updates.isContiguous ? updates : copy(updates)
    defer { withExtendedLifetime(updates) {} }
    let output = copy(table)
    let width = table.shape.dropFirst().reduce(1, *)
    switch table.dtype {
    case .float64: add(output, updates, indices, width, Double.self)
    case .int64: add(output, updates, indices, width, Int64.self)
    case .int32: add(output, updates, indices, width, Int32.self)
    default: dtypeMismatch("scatterAdd", table.dtype)
    }
    return output
  }

  func addRows(_ table: inout Tensor, _ ids: Tensor, _ updates: Tensor) {
    guard table.dtype == .float32 else {
      table = scatterAdd(table, ids, updates)
      return
    }
    let indices = indices(ids, below: table.shape[0], "scatterAdd")
    let width = table.shape.dropFirst().reduce(1, *)
    updates.withFloats { from in
      table.withMutableFloats { to in
        // Threads share columns, so that every row gets its updates in order.
        parallelFor(width, grain: max(64, elementGrain / max(indices.count, 1))) { range in
          for (row, id) in indices.enumerated() {
            let target = to + id * width + range.lowerBound
            rows.binary(AT_ADD, range.count, target, from + row * width + range.lowerBound, target)
          }
        }
      }
    }
  }

  private func add<T: CPUNumber>(_ output: Tensor, _ updates: Tensor, _ ids: [Int], _ width: Int, _: T.Type) {
    let (from, to) = (updates.pointer(T.self), output.pointer(T.self))
    for (row, id) in ids.enumerated() {
      for column in 0..<width {
        to[id * width + column] = T.add(to[id * width + column], from[row * width + column])
      }
    }
  }

  func takeAlong(_ x: Tensor, _ ids: Tensor) -> Tensor {
    switch x.dtype.byteCount {
    case 8: takeAlong(x, ids, UInt64.self)
    case 4: takeAlong(x, ids, UInt32.self)
    case 2: takeAlong(x, ids, UInt16.self)
    default: takeAlong(x, ids, UInt8.self)
    }
  }

  private func takeAlong<T>(_ x: Tensor, _ ids: Tensor, _: T.Type) -> Tensor {
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let (width, taken) = (x.shape[x.rank - 1], ids.shape[ids.rank - 1])
    let indices = indices(ids, below: width, "takeAlong")
    let output = Tensor(uninitialized: ids.shape, x.dtype)
    let (from, to) = (x.pointer(T.self), output.pointer(T.self))
    for (position, index) in indices.enumerated() { to[position] = from[position / taken * width + index] }
    return output
  }

  func addAlong(_ shape: Shape, _ ids: Tensor, _ updates: Tensor) -> Tensor {
    if updates.dtype.isHalf { return widened(updates) { addAlong(shape, ids, $0) } }
    let (width, taken) = (shape[shape.rank - 1], ids.shape[ids.rank - 1])
    let indices = indices(ids, below: width, "addAlong")
    let updates = updates.isContiguous ? updates : copy(updates)
    defer { withExtendedLifetime(updates) {} }
    let output = Tensor.zeros(shape, updates.dtype)
    switch updates.dtype {
    case .float32: addAlong(output, updates, indices, width, taken, Float.self)
    case .float64: addAlong(output, updates, indices, width, taken, Double.self)
    default: dtypeMismatch("addAlong", updates.dtype)
    }
    return output
  }

  private func addAlong<T: CPUNumber>(
    _ output: Tensor, _ updates: Tensor, _ ids: [Int], _ width: Int, _ taken: Int, _: T.Type
  ) {
    let (from, to) = (updates.pointer(T.self), output.pointer(T.self))
    for (position, id) in ids.enumerated() {
      let target = position / taken * width + id
      to[target] = T.add(to[target], from[position])
    }
  }
}
