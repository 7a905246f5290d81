import { render } from "preact";
import { startActs } from "./core/act";
import { startKeys } from "./core/keys";
import { startRouter } from "./core/router";
import { lookSession, session } from "./core/session";
import { startSettings } from "./core/settings";
import { startSound } from "./core/sound";
import { startClock } from "./core/stream";
import { startPulse } from "./parts/marks";
import { App } from "./screens/app";

startSettings();
startClock();
startPulse();
startRouter();
startKeys();
startSound();
startActs();
render(<App />, document.getElementById("app")!);
lookSession().catch(() => {
    session.value = null;
});
