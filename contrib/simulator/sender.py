"""To the broker: QoS 1, a session that the broker keeps, and what is not acknowledged is sent again after a reconnect."""

import threading
import time

import paho.mqtt.client as mqtt

OPEN_MAX = 100  # unacknowledged at a time
WAITING_MAX = 10000  # held here while the broker is away; then the simulated day stands still


class Sender:
    def __init__(self, host, port, client_id, user=None, password=None, signer=None):
        self._room = threading.Condition()
        self._waiting = 0
        self._sign = signer or (lambda topic, payload: payload)
        self.acknowledged = 0
        self.client = mqtt.Client(client_id=client_id, clean_session=False, protocol=mqtt.MQTTv311)
        self.client.max_inflight_messages_set(OPEN_MAX)
        self.client.reconnect_delay_set(1, 10)
        self.client.on_publish = self._on_publish
        self.client.on_connect = self._on_connect
        self.refused = None
        if user:
            self.client.username_pw_set(user, password)
        self.client.connect_async(host, port, keepalive=30)
        self.client.loop_start()

    def _on_connect(self, client, userdata, flags, code):
        if code:
            self.refused = f"the broker refused us: {mqtt.connack_string(code)} Check --user and --password-file."

    def _on_publish(self, client, userdata, mid):
        with self._room:
            self._waiting -= 1
            self.acknowledged += 1
            self._room.notify_all()

    def send(self, topic, payload, retained):
        """Blocks while WAITING_MAX messages wait. ConnectionError when the broker does not let us in."""
        with self._room:
            if self.refused:
                raise ConnectionError(self.refused)
            self._wait(lambda: self._waiting < WAITING_MAX, None)
            self._waiting += 1
        self.client.publish(topic, self._sign(topic, payload), qos=1, retain=retained)

    def _wait(self, condition, limit):
        end = None if limit is None else time.monotonic() + limit
        while not condition():
            if self.refused:
                raise ConnectionError(self.refused)
            if end is not None and time.monotonic() > end:
                return False
            self._room.wait(0.2)
        return True

    def finish(self, limit=30.0):
        """True when everything is acknowledged."""
        with self._room:
            done = self._wait(lambda: self._waiting == 0, limit)
        self.client.disconnect()
        self.client.loop_stop()
        return done
