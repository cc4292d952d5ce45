import CAttend

extension CPUBackend {
  func attention(_ call: AttentionCall, keepingSums: Bool, bias differentiatesBias: Bool) -> (
    output: Tensor, sums: Tensor?
  ) {
    guard call.query.dtype == .float32, call.key.dtype == .float32, call.value.dtype == .float32,
      call.options.bias.map({ $0.dtype == .float32 }) ?? true
    else { return (Composed.attention(call), nil) }
    // Gradients are written by whoever owns their row: what several sequences share goes through the composition.
    let isShared = keepingSums && (sharesRows(call.keySequences) || differentiatesBias && repeatsBias(call))
    let shape: Shape = [call.query.shape[0], call.query.shape[1], call.value.shape[2]]
    let isWhole = call.sequences.reduce(0) { $0 + $1.count } == shape[0]
    let output = isWhole ? Tensor(uninitialized: shape, .float32) : .zeros(shape, .float32)
    let sums =
      keepingSums && !isShared
      ? isWhole ? Tensor(uninitialized: [shape[1], shape[0]], .float32) : .zeros([shape[1], shape[0]], .float32) : nil
    withKernelCall(call) { kernelCall in
      at_dense_attend(kernels, &kernelCall, output.pointer(Float.self), sums?.pointer(Float.self))
    }
    return (output, sums)
  }

  func attentionGradients(
    _ call: AttentionCall, output: Tensor, sums: Tensor, upstream: Tensor, wanted: [Bool]
  ) -> [Tensor] {
    let upstream = upstream.isContiguous ? upstream : copy(upstream)
    let keysAreWhole = call.keySequences.reduce(0) { $0 + $1.count } == call.key.shape[0]
    let rowsAreWhole = call.sequences.reduce(0) { $0 + $1.count } == call.query.shape[0]
    // One that nobody wants costs no memory; the kernel does not compute it either.
    let gradients = zip(call.inputs, wanted).enumerated().map { index, input -> Tensor? in
      guard input.1 else { return nil }
      let isWhole = index == 0 ? rowsAreWhole : index < 3 && keysAreWhole
      return isWhole ? Tensor(uninitialized: input.0.shape, .float32) : .zeros(input.0.shape, .float32)
    }
    func pointer(_ index: Int) -> UnsafeMutablePointer<Float>? {
      index < gradients.count ? gradients[index]?.pointer(Float.self) : nil
    }
    withKernelCall(call) { kernelCall in
      var places = at_dense_gradients(
        out: output.pointer(Float.self), log_sums: sums.pointer(Float.self), upstream: upstream.pointer(Float.self),
        queries: pointer(0), keys: pointer(1), values: pointer(2), bias: pointer(3))
      at_dense_attend_backward(kernels, &kernelCall, &places)
    }
    withExtendedLifetime(upstream) {}
    return gradients.map { $0 ?? upstream }
  }

  /// Whether some row of the keys belongs to two sequences.
  private func sharesRows(_ sequences: [Range<Int>]) -> Bool {
    let ordered = sequences.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    return zip(ordered, ordered.dropFirst()).contains { $0.upperBound > $1.lowerBound }
  }

  /// Whether some element of the bias counts for several scores.
  private func repeatsBias(_ call: AttentionCall) -> Bool {
    guard let bias = call.options.bias else { return false }
    let keys = call.keySequences.map(\.count).max() ?? 0
    return bias.shape[0] < call.query.shape[1] || bias.shape[1] < call.query.shape[0] || bias.shape[2] < keys
  }

  private func withKernelCall(_ call: AttentionCall, _ body: (inout at_dense_attention) -> Void) {
    let (query, key, value) = (inner(call.query), inner(call.key), inner(call.value))
    let bias = call.options.bias.map { $0.isContiguous ? $0 : copy($0) }
    let strides = bias.map { Tensor.attentionBiasStrides($0, heads: query.shape[1]) } ?? (0, 0, 0)
    let pairs = zip(call.sequences, call.keySequences).map { rows, keys in
      at_attention_pair(
        query_begin: rows.lowerBound, query_count: rows.count, key_begin: keys.lowerBound, key_count: keys.count)
    }
    let options = call.options
    pairs.withUnsafeBufferPointer { pairs in
      var kernelCall = at_dense_attention(
        heads: query.shape[1], kv_heads: key.shape[1], key_width: query.shape[2], value_width: value.shape[2],
        rows: query.shape[0], scale: options.scale, soft_cap: options.softCap ?? 0, causal: options.isCausal,
        window: options.isCausal ? options.window ?? 0 : 0, bias: bias?.pointer(Float.self), bias_head: strides.0,
        bias_query: strides.1, bias_key: strides.2, drop_below: call.dropout?.threshold ?? 0,
        keep_scale: call.dropout?.scale ?? 1, seed: call.dropout?.key.seed ?? 0,
        stream: call.dropout?.key.stream ?? 0, queries: rows(query), keys: rows(key), values: rows(value),
        pairs: pairs.baseAddress, pair_count: pairs.count)
      body(&kernelCall)
    }
    withExtendedLifetime((query, key, value, bias)) {}
  }

  /// Heads may lie anywhere, as in a fused query/key/value row; a head's numbers lie side by side.
  private func inner(_ x: Tensor) -> Tensor { x.shape[2] <= 1 || x.strides[2] == 1 ? x : copy(x) }

  private func rows(_ x: Tensor) -> at_head_rows {
    at_head_rows(data: x.pointer(Float.self), row: x.strides[0], head: x.strides[1])
  }
}
