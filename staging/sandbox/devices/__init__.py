"""What provd keeps of phones, apart from how it is asked: devices and configurations, models, phone files."""
