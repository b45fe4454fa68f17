import type { SlotStore } from '../core/triggers/slots.ts';

/**
 * The zone `wallguard_triggers`: numbers, shared by the workers. When it is full, what would expire first goes. The
 * older njs may then throw once although there is room by now, so every write is tried a second time; what still finds
 * no room is not remembered (edge-peers-and-standards.md G2).
 */
export function triggerSlots(): SlotStore {
  const zone = ngx.shared['wallguard_triggers'] as NgxSharedDict<number>;
  return {
    get: function (key) {
      return zone.get(key);
    },
    add: function (key, value, ttlMs) {
      try {
        return zone.add(key, value, ttlMs);
      } catch (_full) {
        try {
          return zone.add(key, value, ttlMs);
        } catch (_stillFull) {
          return false;
        }
      }
    },
    touch: function (key, value, ttlMs) {
      try {
        return zone.incr(key, 0, value, ttlMs);
      } catch (_full) {
        try {
          return zone.incr(key, 0, value, ttlMs);
        } catch (_stillFull) {
          return value;
        }
      }
    },
    delete: function (key) {
      zone.delete(key);
    },
  };
}
