/** Returns a port in which `methods` replace the methods of `port`. */
export function overrideMethods<P extends object>(port: P, methods: Partial<P>): P {
  return new Proxy(port, {
    get(target, name) {
      if (name in methods) return methods[name as keyof P];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
